"""Differences of two means, judged by Welch's interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxsparse.claims.limit import Limit


@dataclass(frozen=True)
class Difference(Limit):
  """The mean of `run` less that of `other` is at least, or at most, `value`."""

  run: str
  other: str
  relation: str
  value: float

  def named_runs(self) -> Mapping[str, Sequence[str]]:
    return {'run': (self.run,), 'other': (self.other,)}
