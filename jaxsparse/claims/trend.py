"""Trends along a field of the grid.

Judged by the least-squares slope of the means (with `minus`, of the differences
of means), and every difference between neighbours along the field. It holds
if the slope's interval is on the claimed side and no step goes the other
way; it fails if the slope's interval is on the other side, or if any step
goes the other way, by intervals that are corrected (Bonferroni) for the
number of steps: a line through a hump may rise although the means do not.

A true trend is denied in at most one study of twenty (slope and steps, 2.5 %
each), and a trend of constant means is asserted in one of forty; with two or
three seeds whose spread differs much from point to point, somewhat more
often (the intervals then cover 93 to 94 %, by simulation). Slope and
steps are weighted sums of means, each mean with a separate variance
(Welch's, with Satterthwaite's degrees of freedom), and each point has the
same weight; weights by precision would make *which* slope is estimated
depend on the noise. If `minus` lacks the field it is a constant, which
changes neither slope nor steps.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jaxsparse.claims import estimates as estimates_lib
from jaxsparse.claims.claim import Claim, Label, common_points, jointly
from jaxsparse.claims.estimates import Estimate, Samples
from jaxsparse.core import choices
from jaxsparse.results.names import field_name, is_number, value_name
from jaxsparse.results.rows import Point, Row

_SIDES = {'rises': '>', 'falls': '<'}


@dataclass(frozen=True)
class Trend(Claim):
  """`run`, less `minus` if set, rises or falls along a numeric grid field.

  Attributes:
    run: the name of a run whose grid has `along`.
    along: the field.
    direction: 'rises' or 'falls'.
    minus: a run with the same values of `along`, or without that field.
  """

  run: str
  along: str
  direction: str
  minus: str = ''

  def named_runs(self) -> Mapping[str, Sequence[str]]:
    """Returns `run` and, if set, `minus`."""
    minus = {'minus': (self.minus,)} if self.minus else {}
    return {'run': (self.run,), **minus}

  def check(self, where: str, rows: Sequence[Row]) -> None:
    """Checks the direction, and the values of the field in both runs."""
    got = f'{where}.direction: got {self.direction!r}'
    choices.check(got, self.direction, _SIDES)
    of_run = [dict(row.point) for row in rows if row.run == self.run]
    got = f'{where}.along: got {self.along!r}'
    choices.check(got, self.along, dict.fromkeys(itertools.chain(*of_run)))
    values = tuple(dict.fromkeys(point[self.along] for point in of_run))
    if len(values) < 2 or not all(map(is_number, values)):
      raise ValueError(
        f'{got}, of which {self.run!r} has the values {values}; accepted is two'
        ' numbers or more'
      )
    of_other = (dict(row.point) for row in rows if row.run == self.minus)
    other = tuple(
      dict.fromkeys(p[self.along] for p in of_other if self.along in p)
    )
    if other and set(other) != set(values):
      raise ValueError(
        f'{where}.minus: {self.minus!r} has the values {other} of'
        f' {self.along!r}; accepted are those of {self.run!r}: {values}, or no'
        ' such field'
      )
    super().check(where, rows)

  def points(self, rows: Iterable[Row]) -> list[Point]:
    """Returns the points of the other fields."""
    return common_points(rows, self.names(), self.at, self.along)

  def words(self, label: Label) -> str:
    """Returns 'RigL − static rises with sparsity'."""
    along = field_name(self.along)
    return f'{self.subject(label)} {self.direction} with {along}'

  def estimates(self, samples: Samples, label: Label) -> list[Estimate]:
    """Returns the slope, then the steps if the field has three values.

    With two values the slope is the step. Rows without the field have no part
    in either.
    """
    terms = [
      (place, sample.values, 1.0 if row.run == self.run else -1.0)
      for row, sample in samples
      if (place := dict(row.point).get(self.along)) is not None
    ]
    x = sorted({place for place, _, _ in terms})

    def contrast(
      name: str, at: Mapping[float, float], relation: str, **options: Any
    ) -> Estimate:
      """Estimates a weighted sum; `at` is value of the field -> weight."""
      used = [term for term in terms if term[0] in at]
      values = [values for _, values, _ in used]
      weights = [sign * at[place] for place, _, sign in used]
      return self.contrast(name, values, weights, relation, **options)

    side = _SIDES[self.direction]
    slope = contrast(
      f'Slope of {self.subject(label)} along {field_name(self.along)}',
      dict(zip(x, estimates_lib.slope_weights(x), strict=True)),
      side,
      unit=f'{self.unit} per unit'.strip(),
    )
    if slope.interval:
      change = self.format(slope.interval.value * (x[-1] - x[0]))
      total = f'{change} {self.unit}'.rstrip()
      text = f'{slope.text}, or {total} {self._step(x[0], x[-1])}'
      slope = slope._replace(text=text)
    steps = []
    for one, other in itertools.pairwise(x) if len(x) > 2 else ():
      name, at = self._step(one, other), {one: -1.0, other: 1.0}
      step = contrast(name, at, f'{side}=', number=len(x) - 1)
      if step.interval and step.outcome == 'undecided':
        # It may go either way, so it does not speak against the trend.
        step = step._replace(outcome='holds')
      steps.append(step)
    return [slope, *steps]

  def numbers(self, estimates: Sequence[Estimate], where: str) -> str:
    """Formats the slope, then the steps against it or without an interval."""
    slope, *steps = estimates
    text = super().numbers([slope], where)
    back = 'falls' if self.direction == 'rises' else 'rises'
    for step in steps:
      if step.outcome == 'fails':
        text += f'; it {back} {step.name}: {step.text}{jointly(len(steps))}'
      elif slope.interval and not step.interval:
        text += f'; {step.name} it {step.text}'
    return text

  def _step(self, one: float, other: float) -> str:
    """Names a step along the field: 'from 80 % to 98 %'."""
    ends = (value_name(self.along, place) for place in (one, other))
    return f'from {" to ".join(ends)}'
