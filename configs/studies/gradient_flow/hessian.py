r"""LeNet5 on MNIST at 95 %: what a mask update does to the Hessian.

  python -m launch.study --config=configs/studies/gradient_flow/hessian.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. The runs are among those of
the study `gradient_norm`, so keep one RUNS for both.
"""

from jaxsparse.experiments.papers import gradient_flow
from jaxsparse.experiments.studies.spec import Analysis, Ordering, Study

_ROWS = ('rigl_plus', 'set_plus', 'rigl_inverted')
_STEP = 500
_SEEDS = 3


def get_config() -> Study:
  return Study(
    title=f'LeNet5 on MNIST at 95 %: the Hessian about the update at {_STEP}',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: the figures of the Hessian, whose values cannot'
      ' be had'
    ),
    runs=gradient_flow.runs(
      gradient_flow.LENET5, ('pruned', *_ROWS), seeds=_SEEDS
    ),
    metrics=(
      'negative_eigenvalues_before',
      'negative_eigenvalues_after',
      'negative_sum_before',
      'negative_sum_after',
    ),
    figures=(),
    analyses=tuple(
      Analysis(f'{name}_spectrum', (name,), 'hessian', {'step': _STEP})
      for name in _ROWS
    ),
    claims=(
      Ordering(
        ('rigl_plus', 'set_plus', 'rigl_inverted'),
        metric='negative_sum_after',
        text="RigL's update opens more descent than SET's, inverted none.",
      ),
    ),
    notes=(
      'Exact spectra over active weights and biases, of the training loss on'
      ' the first 1,000 images (the paper: all 60,000). Eigenvalues below'
      ' -0.001 count as negative.'
    ),
  )
