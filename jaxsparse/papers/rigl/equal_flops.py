"""Uniform nets and ERK at equal parameters, and at equal FLOPs.

The RigL paper's reproducibility report compares both for RigL, with the FLOPs
of uniform nets at 50, 80 and 90 %.

**Deviations**: those of `report`. The sparsity at which ERK has the FLOPs of a
uniform net is by our count of them; that of the report is not known to us.
"""

from collections.abc import Mapping
from typing import NamedTuple

from jaxsparse.claims import Ordering
from jaxsparse.papers.rigl import report, reported
from jaxsparse.papers.rigl.printed import one_metric
from jaxsparse.papers.rigl.rows import Net, Row
from jaxsparse.papers.rigl.runs import (
  METRICS,
  SPARSITY,
  runs,
  variant,
)
from jaxsparse.studies.spec import Against, Run, Study


class Equal(NamedTuple):
  """Pairs of nets with equal FLOPs.

  Attributes:
    sparsities: sparsity of a uniform net -> that of ERK with as many FLOPs.
    printed: sparsity of a uniform net -> its accuracy, and that of such an ERK.
  """

  sparsities: Mapping[float, float]
  printed: Mapping[float, tuple[float, float]]


CIFAR10 = Equal(
  {0.5: 0.7134, 0.8: 0.8832, 0.9: 0.9416}, reported.EQUAL_FLOPS_CIFAR10
)
CIFAR100 = Equal(
  {0.5: 0.7044, 0.8: 0.9107, 0.9: 0.9554}, reported.EQUAL_FLOPS_CIFAR100
)


def study(net: Net, equal: Equal, name: str) -> Study:
  """Builds the study of RigL: uniform, ERK of equal size, ERK of equal FLOPs.

  Args:
    net: `report.CIFAR10` or `report.CIFAR100`.
    equal: the pairs of its nets with equal FLOPs.
    name: of the net, for the title.
  """
  uniform, erk = Row('rigl', 'uniform'), Row('rigl', 'erk')
  printed = {k: v for k, v in net.printed.items() if k == erk} | one_metric(
    tuple(equal.printed), {uniform: [a for a, _ in equal.printed.values()]}
  )
  net = net._replace(printed=printed)
  return Study(
    title=f'{name}: uniform and ERK at equal parameters and equal FLOPs',
    source=f'{report.SOURCE}: the figure of accuracy by training FLOPs',
    runs=(
      *runs(net, (uniform, erk), tuple(equal.sparsities)),
      *(_as_costly(net, equal, at) for at in equal.sparsities),
    ),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY, runs=(uniform.name, erk.name)),),
    claims=(
      Ordering(
        (uniform.name, erk.name),
        text='With as many weights ERK is above uniform.',
      ),
      *(
        Ordering(
          (_costly(at), uniform.name),
          at={SPARSITY: at},
          text=f'With the FLOPs of {100 * at:g} % uniform is above ERK.',
        )
        for at in equal.sparsities
      ),
    ),
    notes=(
      f'{report.DATA} "FLOPs of 90 %" is the ERK net that has as many as the'
      ' uniform one of 90 %: ERK costs more FLOPs a weight, so it is sparser.'
    ),
  )


def _as_costly(net: Net, equal: Equal, uniform: float) -> Run:
  """Builds a run of ERK with the FLOPs of a net of uniform sparsity."""
  row = Row('rigl', 'erk')
  return variant(
    net,
    row,
    _costly(uniform),
    {SPARSITY: equal.sparsities[uniform]},
    label=f'{row.label}, FLOPs of {100 * uniform:g} %',
    paper={'test_accuracy': equal.printed[uniform][1]},
  )


def _costly(uniform: float) -> str:
  return f'rigl_erk_flops_of_{100 * uniform:g}'
