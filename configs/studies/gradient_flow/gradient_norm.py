r"""LeNet5 on MNIST at 95 %: how much gradient flows as training goes on.

  python -m launch.study \
    --config=configs/studies/gradient_flow/gradient_norm.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. The norm of the masked gradient
on the first 1,000 training images, every 100 steps and on both sides of each
mask update.
"""

from jaxsparse.experiments.papers import gradient_flow
from jaxsparse.experiments.studies.spec import Curves, Study

_ROWS = (
  'scratch_inits',
  'scratch_plus',
  'lottery',
  'rigl',
  'rigl_plus',
  'rigl_inverted',
  'set',
  'set_plus',
  'small_dense',
)
_NEEDED = ('pruned',)


def get_config() -> Study:
  return Study(
    title='LeNet5 on MNIST at 95 %: gradient norm during training',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: the figures of the gradient norm'
    ),
    runs=gradient_flow.runs(gradient_flow.LENET5, _NEEDED + _ROWS),
    figures=(
      Curves('gradient_norm', log=True, runs=_ROWS),
      Curves('probe_loss', log=True, runs=_ROWS),
    ),
    notes=(
      'The paper, read off its figure: at step 0 Scratch 0.038, LT 0.042,'
      ' Scratch+ and RigL+ 0.32 to 0.47, small dense 0.19 to 0.45; Scratch'
      ' stays near 0.035 until about step 900, LT until about 300.'
    ),
  )
