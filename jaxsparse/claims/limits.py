"""Limits of a number: bounds of a mean, and differences of two means.

Judged by Student's t interval of the mean, by Welch's of the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxsparse.claims.claim import Claim, Label
from jaxsparse.claims.estimates import Estimate, Samples
from jaxsparse.core import choices
from jaxsparse.results.names import signed
from jaxsparse.results.rows import Row

_SIGNS = {'>=': '≥', '<=': '≤'}


class Limit(Claim):
  """A claim that a number of `run`, or of it and `other`, has a limit.

  Attributes:
    run: the name of a run.
    relation: '>=' or '<='.
    value: in the unit of the number.
  """

  run: str
  relation: str
  value: float

  def named_runs(self) -> Mapping[str, Sequence[str]]:
    """Returns `run` and, where the claim has one, `other`."""
    fields = (name for name in ('run', 'other') if hasattr(self, name))
    return {name: (getattr(self, name),) for name in fields}

  def check(self, where: str, rows: Sequence[Row]) -> None:
    """Checks the relation, too."""
    got = f'{where}.relation: got {self.relation!r}'
    choices.check(got, self.relation, _SIGNS)
    super().check(where, rows)

  def words(self, label: Label) -> str:
    """Returns 'RigL − static ≥ 1 points'."""
    value = f'{signed(f"{self.value:g}")} {self.unit}'.rstrip()
    return f'{self.subject(label)} {_SIGNS[self.relation]} {value}'

  def estimates(self, samples: Samples, label: Label) -> list[Estimate]:
    """Returns the estimate of the number."""
    values = [sample.values for _, sample in samples]
    weights = (1.0, -1.0)[: len(values)]
    limit = self.relation, self.value
    return [self.contrast(self.subject(label), values, weights, *limit)]


@dataclass(frozen=True)
class Bound(Limit):
  """The mean of `run` is at least, or at most, `value`."""

  run: str
  relation: str
  value: float

  @property
  def unit(self) -> str:
    """Unit of the metric."""
    return self.quantity.unit


@dataclass(frozen=True)
class Difference(Limit):
  """The mean of `run` less that of `other` is at least, or at most, `value`."""

  run: str
  other: str
  relation: str
  value: float
