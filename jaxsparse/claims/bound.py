"""Bounds of a mean, judged by Student's t interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxsparse.claims.limit import Limit


@dataclass(frozen=True)
class Bound(Limit):
  """The mean of `run` is at least, or at most, `value`.

  Attributes:
    run: the name of a run.
    relation: '>=' or '<='.
    value: in the metric's displayed unit.
  """

  run: str
  relation: str
  value: float

  def named_runs(self) -> Mapping[str, Sequence[str]]:
    return {'run': (self.run,)}

  @property
  def unit(self) -> str:
    return self.quantity.unit
