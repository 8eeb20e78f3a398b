"""Orderings of means.

Judged by Welch's interval of every difference between neighbours. It holds
if all are above 0 and fails if any is not. The intervals are corrected
(Bonferroni) for the number of pairs, so that the 95 % are those of the
whole ordering.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxsparse.claims.claim import Claim, Label
from jaxsparse.claims.estimates import Estimate, Samples
from jaxsparse.results.names import MINUS
from jaxsparse.results.rows import Row


@dataclass(frozen=True)
class Ordering(Claim):
  """The means of `runs` rise from the first to the last.

  Attributes:
    runs: names of two or more.
  """

  runs: tuple[str, ...]

  def named_runs(self) -> Mapping[str, Sequence[str]]:
    """Returns `runs`."""
    return {'runs': self.runs}

  def check(self, where: str, rows: Sequence[Row]) -> None:
    """Checks the number of runs, too."""
    if len(self.runs) < 2:
      raise ValueError(
        f'{where}.runs: got {self.runs!r}; accepted is 2 or more'
      )
    super().check(where, rows)

  def words(self, label: Label) -> str:
    """Returns 'Static < RigL < dense'."""
    return ' < '.join(map(label, self.runs))

  def estimates(self, samples: Samples, label: Label) -> list[Estimate]:
    """Returns the differences between neighbours."""
    return [
      self.contrast(
        f'{label(above.run)} {MINUS} {label(below.run)}',
        (higher.values, lower.values),
        (1.0, -1.0),
        '>',
        number=len(samples) - 1,
      )
      for (below, lower), (above, higher) in itertools.pairwise(samples)
    ]
