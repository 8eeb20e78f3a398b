r"""LeNet-300-100 on MNIST: Static, SET, RigL, SNFS and pruning for 6 epochs.

  python -m launch.study --config=studies/rigl/mnist \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 72 members of 3,600 steps of 100
images: ERK at 98 %, and the sparsities by layer of the authors' code. The paper
has no such table: this asks in minutes of a CPU which method is better. Mask
steps begin at 100 and not at 0. 23 minutes of members on 2 CPU cores; results:
mnist.md.
"""

from jaxsparse.claims import Difference, Ordering, with_texts
from jaxsparse.studies.spec import Curves, Study

from ._nets import LENET_300_100
from ._runs import runs

_ERK = ('dense', 'static_erk', 'set_erk', 'rigl_erk', 'snfs_erk', 'gmp_erk')
_BY_LAYER = ('static_layers', 'set_layers', 'rigl_layers')


def get_config() -> Study:
  """Returns the study."""
  return Study(
    title='LeNet-300-100 on MNIST: method by method, 6 epochs',
    source=(
      'after Evci et al. 2020, Rigging the Lottery, appendix B, whose runs have'
      ' 200 epochs: none of its numbers'
    ),
    runs=(
      *runs(LENET_300_100, _ERK, (0.98,), seeds=8),
      *runs(LENET_300_100, _BY_LAYER, (0.99,), seeds=8),
    ),
    metrics=('test_accuracy', 'sparsity', 'inference_flops', 'training_flops'),
    figures=(Curves('eval_accuracy'),),
    claims=with_texts(
      {
        'Static < SET < RigL < pruning < dense.': Ordering(
          ('static_erk', 'set_erk', 'rigl_erk', 'gmp_erk', 'dense')
        ),
        'By layer too: Static < SET < RigL.': Ordering(_BY_LAYER),
        'RigL ends a point or more above Static.': Difference(
          'rigl_erk', 'static_erk', '>=', 1.0
        ),
      }
    ),
    notes=(
      'By layer: 99 %, 89.1 % and the last layer dense, the sparsities that the'
      " authors' code has for this net."
    ),
  )
