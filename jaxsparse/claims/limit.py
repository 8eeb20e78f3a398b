"""What bounds, differences and ratios have in common."""

from collections.abc import Sequence

from jaxsparse.claims.claim import Claim, Label
from jaxsparse.claims.estimates import Estimate, Samples
from jaxsparse.core import choices
from jaxsparse.results.names import signed
from jaxsparse.results.rows import Row

_SIGNS = {'>=': '≥', '<=': '≤'}


class Limit(Claim):
  """A claim that a number is at least, or at most, a value.

  Attributes:
    relation: '>=' or '<='.
    value: in the unit of the number.
  """

  relation: str
  value: float

  def check(self, where: str, rows: Sequence[Row]) -> None:
    got = f'{where}.relation: got {self.relation!r}'
    choices.check(got, self.relation, _SIGNS)
    super().check(where, rows)

  def words(self, label: Label) -> str:
    value = f'{signed(f"{self.value:g}")} {self.unit}'.rstrip()
    return f'{self.subject(label)} {_SIGNS[self.relation]} {value}'

  def estimates(self, samples: Samples, label: Label) -> list[Estimate]:
    values = [sample.values for _, sample in samples]
    weights = (1.0, -1.0)[: len(values)]
    limit = self.relation, self.value
    return [self.contrast(self.subject(label), values, weights, *limit)]
