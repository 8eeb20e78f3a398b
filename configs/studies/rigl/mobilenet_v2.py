r"""MobileNet v2 on ImageNet: RigL 5x at 75, 85, 90 and 95 %.

  python -m launch.study --config=studies/rigl/mobilenet_v2 \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 27 members of 160,000
steps of 4,096 images, but for the dense ones, for accelerators. The paper has a
figure of them, and no numbers.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.studies.spec import Against, Study

from ._nets import FLOPS, METRICS, MOBILENET_V1, PAPER, SPARSITY
from ._runs import runs

_NET = MOBILENET_V1._replace(overrides={'model.version': 2}, printed={})


def get_config() -> Study:
  return Study(
    title='MobileNet v2 on ImageNet: RigL by sparsity',
    source=f'{PAPER}: the figure of MobileNet v2, without its numbers',
    runs=runs(
      _NET,
      ('dense', 'rigl_uniform_5x', 'rigl_erk_5x'),
      (0.75, 0.85, 0.9, 0.95),
    ),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    notes=FLOPS,
  )
