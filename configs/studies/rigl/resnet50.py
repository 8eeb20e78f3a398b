r"""ResNet-50 on ImageNet: each method at 80, 90, 95 and 96.5 %.

  python -m launch.study --config=studies/rigl/resnet50 \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 159 members of 32,000
steps of 4,096 images, or five times as many, for accelerators as the configs in
`configs/imagenet` say. The paper has 74.6, 72.0, 67.5 and 65.0 % for RigL,
77.1, 76.4, 74.5 and 72.7 % for RigL 5x (ERK).

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Against, Study

from ._nets import FLOPS, METRICS, PAPER, RESNET50, SPARSITY
from ._runs import runs

_RUNS = (
  *('dense', 'static_uniform', 'snip_uniform', 'set_uniform', 'rigl_uniform'),
  *('gmp_uniform', 'small_dense', 'rigl_uniform_5x', 'small_dense_5x'),
  *('gmp_uniform_1_5x', 'static_erk', 'rigl_erk', 'snfs_erk', 'rigl_erk_5x'),
)
_CLAIMS: tuple[Claim, ...] = (
  Ordering(
    ('static_uniform', 'set_uniform', 'rigl_uniform'),
    text='Static < SET < RigL.',
  ),
  Ordering(('snip_uniform', 'set_uniform'), text='SNIP ends below SET.'),
  Ordering(('rigl_uniform', 'gmp_uniform'), text='Pruning ends above RigL 1x.'),
  Ordering(
    ('gmp_uniform', 'rigl_uniform_5x'), text='RigL 5x ends above pruning.'
  ),
  Ordering(('rigl_uniform', 'rigl_erk'), text='ERK is above uniform.'),
)


def get_config() -> Study:
  return Study(
    title='ResNet-50 on ImageNet: method by sparsity',
    source=f'{PAPER}: the tables of ResNet-50',
    runs=runs(RESNET50, _RUNS, (0.8, 0.9, 0.95, 0.965)),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=_CLAIMS,
    notes=FLOPS,
  )
