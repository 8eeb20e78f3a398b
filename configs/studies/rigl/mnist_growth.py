r"""LeNet-300-100 on MNIST at 98 %: what the weights that RigL grows start from.

  python -m launch.study --config=studies/rigl/mnist_growth \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 40 members of 3,600 steps of 100
images: at 0, at random in three ways, and along the gradient. 8 of them are
those of the study `mnist`: keep one RUNS for both. The paper says that none was
better than 0; of which net, and with values of which size, it does not say.
Random values here have the standard deviation of the layer's weights, a tenth
of it, or that of the sparse initialisation; those along the gradient have its
size. 12 minutes of members on 2 CPU cores; results: mnist_growth.md.
"""

from jaxsparse.claims import Difference
from jaxsparse.studies.spec import Curves, Study

from ._nets import LENET_300_100, SPARSITY
from ._runs import runs, variant

_SPARSITY = 0.98
_SEEDS = 8
# Points of test accuracy; lower differences are no gain.
_GAIN = 0.2
# Run -> `grow_init` and `grow_scale`, and its label.
_STARTS = {
  'from_normal': ('normal', 1.0, 'random, as spread as the layer'),
  'from_normal_0_1': ('normal', 0.1, 'random, a tenth as spread as the layer'),
  'from_sparse': ('sparse', 1.0, 'random, as in the sparse initialisation'),
  'from_gradient': ('gradient', 1.0, 'along the gradient'),
}


def get_config() -> Study:
  """Returns the study."""
  return Study(
    title='LeNet-300-100 on MNIST at 98 %: where grown weights start',
    source=(
      'after Evci et al. 2020, Rigging the Lottery, section 3(4), which prints'
      ' no numbers of it'
    ),
    runs=(
      *runs(LENET_300_100, ('rigl_erk',), (_SPARSITY,), seeds=_SEEDS),
      *(
        variant(
          LENET_300_100,
          'rigl_erk',
          name,
          {'updater.grow_init': init, 'updater.grow_scale': scale},
          label=f'RigL, {label}',
          grid={SPARSITY: (_SPARSITY,)},
          seeds=_SEEDS,
        )
        for name, (init, scale, label) in _STARTS.items()
      ),
    ),
    metrics=('test_accuracy', 'mask_churn'),
    figures=(Curves('eval_accuracy'),),
    claims=tuple(
      Difference(
        name,
        'rigl_erk',
        '<=',
        _GAIN,
        text=f'{label}: no gain of {_GAIN:g} points over 0.',
      )
      for name, (_, _, label) in _STARTS.items()
    ),
    notes='RigL (ERK) is the one whose grown weights start at 0.',
  )
