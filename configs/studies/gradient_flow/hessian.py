r"""What a mask update does to the Hessian.

  python -m launch.study --config=studies/gradient_flow/hessian:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: lenet5 (95 %, 5 seeds), mlp (300-100, 98 %, 3 seeds). FOLDER is where TFDS
has MNIST as array_record. 20 and 12 members of 11,719 steps, all of them those
of the study `gradient_norm`: keep one RUNS for both.

On LeNet5, that RigL's update at step 500 adds negative eigenvalues holds; three
of the seeds, looked at first, had left it undecided. Results: hessian.md in the
folder of each net.
"""

from jaxsparse.claims import Bound, Claim, Ordering, with_texts
from jaxsparse.studies.spec import Analysis, Study

from . import _nets
from ._runs import runs

NETS = ('lenet5', 'mlp')

# One of the mask steps before and after which nets are kept.
_STEP = 500
_RUNS = ('rigl_plus', 'set_plus', 'rigl_inverted')
# The change by the update of the number of negative eigenvalues, and of their
# sum.
_ADDED = 'negative_eigenvalues_after-negative_eigenvalues_before'
_DESCENT = 'negative_sum_after-negative_sum_before'
_CLAIMS: dict[str, Claim] = {
  "A mask update of RigL's adds negative eigenvalues.": Bound(
    'rigl_plus', '>=', 1.0, metric=_ADDED
  ),
  'One that grows the least gradients adds none, or not one.': Bound(
    'rigl_inverted', '<=', 1.0, metric=_ADDED
  ),
  "RigL's adds more than SET's.": Ordering(
    ('set_plus', 'rigl_plus'), metric=_ADDED
  ),
  "The sum of negative ones falls more than with SET's.": Ordering(
    ('rigl_plus', 'set_plus'), metric=_DESCENT
  ),
  'It falls more than where the least are grown.': Ordering(
    ('rigl_plus', 'rigl_inverted'), metric=_DESCENT
  ),
}


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  return Study(
    title=f'{net.title}: the Hessian about the update at {_STEP:,}',
    source=net.where('the figures of the Hessian'),
    runs=runs(net, ('pruned', *_RUNS), seeds=5 if name == 'lenet5' else 3),
    metrics=(
      *('negative_eigenvalues_before', 'negative_eigenvalues_after', _ADDED),
      *('negative_sum_before', 'negative_sum_after', _DESCENT),
    ),
    figures=(),
    analyses=tuple(
      Analysis(f'{run}_spectrum', (run,), 'hessian', {'step': _STEP})
      for run in _RUNS
    ),
    claims=with_texts(_CLAIMS),
    notes=(
      'Exact spectra over active weights and biases, of the training loss on'
      ' the first 1,000 images (the paper: all 60,000). Eigenvalues below'
      ' -0.001 count as negative.'
    ),
  )
