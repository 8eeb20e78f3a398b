"""RigL for up to a hundred times as long: the results in its authors' code.

**Deviations**: those of `imagenet`. Theirs are the best of single checkpoints,
not means over runs; MobileNet at "0.89" is the one of 90 % of the masked
layers. Of MobileNet with ERK the longest is left out, whose length and cost do
not agree.
"""

from jaxsparse.claims import Ordering
from jaxsparse.papers.rigl import printed
from jaxsparse.papers.rigl.imagenet import (
  FLOPS,
  MOBILENET_V1,
  PAPER,
  RESNET50,
)
from jaxsparse.papers.rigl.rows import Net, Row
from jaxsparse.papers.rigl.runs import METRICS, runs
from jaxsparse.studies.spec import Study

# At 99 % the first convolution is dense, with ERK too.
_RESNET50 = RESNET50._replace(
  spreads={'erk': {'updater.distribution': 'erk', 'updater.dense_first': True}},
  printed=printed.RESNET50_99,
)


def resnet50() -> Study:
  """Builds the study of ResNet-50 at 99 %, 5x to 100x."""
  return _study(_RESNET50, 0.99, {'erk': (5.0, 10.0, 40.0, 100.0)}, 'ResNet-50')


def mobilenet_v1() -> Study:
  """Builds the study of MobileNet v1 at 90 %, 5x to 100x."""
  return _study(
    MOBILENET_V1._replace(printed=printed.MOBILENET_V1_LONGER),
    0.9,
    {'uniform': (5.0, 10.0, 50.0, 100.0), 'erk': (5.0, 10.0)},
    'MobileNet v1',
  )


def _study(
  net: Net, sparsity: float, times: dict[str, tuple[float, ...]], name: str
) -> Study:
  rows = {
    spread: [Row('rigl', spread, t) for t in lengths]
    for spread, lengths in times.items()
  }
  return Study(
    title=f'{name} on ImageNet at {100 * sparsity:g} %: RigL by length',
    source=f"{PAPER}: the table with its authors' code",
    runs=runs(
      net,
      [row for group in rows.values() for row in group],
      (sparsity,),
    ),
    metrics=METRICS,
    figures=(),
    claims=tuple(
      Ordering(
        tuple(row.name for row in group),
        text=f'Each longer run of RigL ends above the shorter ({spread}).',
      )
      for spread, group in rows.items()
    ),
    notes=(
      f'{FLOPS} Numbers beside ours are those of the best single checkpoints;'
      ' those of MobileNet 5x are means.'
    ),
  )
