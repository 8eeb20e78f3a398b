"""The numbers of a member that a study can show, and how they are shown."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from jaxsparse.experiments.studies.results import (
  MemberResult,
  Pooled,
  Results,
)
from jaxsparse.experiments.studies.spec import Row


class Metric(NamedTuple):
  """A number of `summary.json`, as it is shown.

  Attributes:
    name: the entry; of a spread (`test_accuracy`) the one value is meant.
    label: for headings and axes.
    scale: what the entry is multiplied by to be shown.
    unit: of what is shown; '' for none.
    digits: shown after the point.
    powers: whether what these digits do not show is written in powers of ten.
    exact: whether it is settled by the config, so that seeds which agree are
      no accident.
  """

  name: str
  label: str
  scale: float = 1.0
  unit: str = ''
  digits: int = 2
  powers: bool = False
  exact: bool = False

  @property
  def heading(self) -> str:
    """The label with the unit."""
    return f'{self.label} ({self.unit})' if self.unit else self.label

  @property
  def difference_unit(self) -> str:
    """The unit of a difference: of per cents it is points."""
    return 'points' if self.unit == '%' else self.unit

  def text(self, value: float) -> str:
    """A shown value as text."""
    small = abs(value) < 0.5 * 10**-self.digits
    if self.powers and value and (small or abs(value) >= 1e6):
      return f'{value:.3g}'
    return f'{value:,.{self.digits}f}'


_KNOWN = (
  Metric('test_accuracy', 'test accuracy', 100.0, '%'),
  Metric('validation_accuracy', 'validation accuracy', 100.0, '%'),
  Metric('ensemble_accuracy', 'ensemble accuracy', 100.0, '%'),
  Metric('ensemble_gain', 'gain of the ensemble', 100.0, 'points'),
  Metric('sparsity', 'sparsity', 100.0, '%', exact=True),
  Metric('active_weights', 'active weights', digits=0, exact=True),
  Metric('total_weights', 'weights', digits=0, exact=True),
  # Entries of `metrics.jsonl`.
  Metric('eval_accuracy', 'evaluation accuracy', 100.0, '%'),
  Metric('accuracy', 'training accuracy', 100.0, '%'),
  Metric('eval_loss', 'evaluation loss', 1.0, 'nats', 4, powers=True),
  Metric('loss', 'training loss', 1.0, 'nats', 4, powers=True),
)


def metric(name: str) -> Metric:
  """How an entry is shown; entries that an analysis adds are shown plainly."""
  known = {m.name: m for m in _KNOWN}
  return known.get(
    name, Metric(name, name.replace('_', ' '), digits=4, powers=True)
  )


def value(member: MemberResult, name: str) -> float | None:
  """A member's number in shown units; `None` where there is none."""
  found: Any = (member.summary or {}).get(name)
  if isinstance(found, dict):
    found = found.get('mean')
  if not isinstance(found, int | float) or not math.isfinite(found):
    return None
  return metric(name).scale * found


def pooled(results: Results, row: Row, name: str) -> Pooled | None:
  """A row's number of a pooled analysis in shown units, if there is one."""
  found = results.pooled.get(row, {}).get(name)
  if found is None or not math.isfinite(found.value):
    return None
  scale = metric(name).scale
  std = None if found.std is None else scale * found.std
  return Pooled(scale * found.value, std, found.n)


def values(members: Sequence[MemberResult], name: str) -> list[float]:
  """The numbers of those members that have one, by seed."""
  found = (value(member, name) for member in members)
  return [v for v in found if v is not None]
