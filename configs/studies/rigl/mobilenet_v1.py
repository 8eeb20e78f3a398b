r"""MobileNet v1 on ImageNet: RigL 5x at 75, 85, 90 and 95 %.

  python -m launch.study --config=studies/rigl/mobilenet_v1 \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 75 members of 32,000
steps of 4,096 images, most of them five times as many, for accelerators. The
paper has 71.5 and 67.0 % for RigL at 75 and 90 % (uniform), 71.9 and 68.1 %
with ERK. What it leaves open is said in the config.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.claims import Ordering
from jaxsparse.studies.spec import Against, Study

from ._nets import FLOPS, METRICS, MOBILENET_V1, PAPER, SPARSITY
from ._runs import runs

_RUNS = (
  *('dense', 'small_dense_5x', 'gmp_uniform', 'rigl_uniform_5x'),
  *('rigl_erk_5x', 'big_sparse_uniform_5x', 'big_sparse_erk_5x'),
)


def get_config() -> Study:
  return Study(
    title='MobileNet v1 on ImageNet: method by sparsity',
    source=f'{PAPER}: the table and the figure of MobileNet v1',
    runs=runs(MOBILENET_V1, _RUNS, (0.75, 0.85, 0.9, 0.95)),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=(
      Ordering(
        ('gmp_uniform', 'rigl_uniform_5x', 'rigl_erk_5x'),
        text='RigL 5x ends above pruning, and ERK above uniform.',
      ),
    ),
    notes=(
      f'{FLOPS} Sparsity is that of all kernels but the first and the'
      ' depthwise ones, which the paper counts FLOPs of as if they were sparse.'
    ),
  )
