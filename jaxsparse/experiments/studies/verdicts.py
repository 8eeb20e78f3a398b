"""Whether what a study claims holds, by 95 % confidence intervals.

A claim *holds* where its interval lies wholly where the claim says, *fails*
where it lies wholly outside, and is *undecided* where it has both. Each is
judged at each point of the grid that it applies to, and each of these
verdicts has a confidence of 95 % of its own: nothing is corrected for how
many there are.

- Bound: Student's t interval of a mean.
- Difference: Welch's interval of a difference of two means.
- Ordering: Welch's interval of every difference between neighbours. It holds
  if all are above 0 and fails if any is not. The intervals are corrected
  (Bonferroni) for the number of pairs, so that the 95 % are those of the
  whole ordering.
- Trend: the slope of the least-squares line through all seeds, by Student's
  t. The scatter about the line includes what is no line, so a curve gets a
  wide interval rather than a wrong one. With `minus` it is the slope of the
  differences of means: a weighted sum of means, each with a variance of its
  own (Welch's, with Satterthwaite's degrees of freedom). Each place has the
  same weight; weights by precision would make *which* slope is estimated
  depend on the noise. If `minus` lacks the field it is one level, and leaves
  the slope as it is.

Runs have seeds in common: the same seed gives the same order of batches and
often the same initial weights. Differences are nevertheless not taken pair by
pair. Trained networks soon forget what they shared, so there is little to
gain; a paired interval has half the degrees of freedom; and it would need the
same seeds to succeed in both runs. Where results of a seed do go together,
Welch's interval is wider than it had to be.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from jaxsparse.experiments.studies import claims, intervals, metrics
from jaxsparse.experiments.studies.intervals import Interval
from jaxsparse.experiments.studies.names import (
  field_name,
  point_name,
  signed,
  value_name,
)
from jaxsparse.experiments.studies.results import Results
from jaxsparse.experiments.studies.spec import (
  Bound,
  Claim,
  Difference,
  Ordering,
  Point,
  Row,
  Trend,
)

LEVEL = 0.95

Outcome = Literal['holds', 'fails', 'undecided']


class Sample(NamedTuple):
  """The numbers of a row.

  Attributes:
    values: in shown units, one a seed that has one.
    asked: how many seeds there were to be.
  """

  values: tuple[float, ...]
  asked: int


class Estimate(NamedTuple):
  """A number that a verdict rests on.

  Attributes:
    name: what of.
    interval: in the metric's unit as shown; of a slope, for a change of 1 in
      the field. `None` where the seeds do not suffice.
  """

  name: str
  interval: Interval | None


class Verdict(NamedTuple):
  """What is to be said of a claim at a point.

  Attributes:
    claim: that was judged.
    point: where.
    outcome: 'holds', 'fails' or 'undecided'.
    estimates: one, or of an ordering one for each pair of neighbours.
    text: it in words, with numbers.
  """

  claim: Claim
  point: Point
  outcome: Outcome
  estimates: tuple[Estimate, ...]
  text: str


Samples = Mapping[Row, Sample]


def samples(results: Results, metric: str) -> dict[Row, Sample]:
  """The numbers of every row."""
  found = {}
  for row in results.study.rows():
    members = results.of(row)
    values = tuple(metrics.values(members, metric))
    found[row] = Sample(values, len(members))
  return found


def judge(
  claim: Claim, samples: Samples, label: Callable[[str], str] = str
) -> list[Verdict]:
  """One verdict for each point at which the claim applies.

  Args:
    claim: one that `claims.check` let pass.
    samples: of every row of the study, of the claim's metric.
    label: what a run is called.
  """
  return [
    _judged(claim, point, samples, label)
    for point in claims.points(claim, samples)
  ]


def study_verdicts(results: Results) -> list[list[Verdict]]:
  """The verdicts on each claim of a study, in its order."""
  study = results.study
  return [
    judge(
      claim,
      samples(results, claim.metric),
      lambda name: study.run(name).shown,
    )
    for claim in study.claims
  ]


def _judged(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> Verdict:
  estimates = tuple(_estimates(claim, point, samples, label))
  outcomes = [_outcome(claim, e.interval) for e in estimates]
  outcome: Outcome = 'undecided'
  if 'fails' in outcomes:
    outcome = 'fails'
  elif all(o == 'holds' for o in outcomes):
    outcome = 'holds'
  text = '; '.join(_text(claim, point, e) for e in estimates)
  text += _correction(estimates) + _lost(claim, point, samples, label)
  return Verdict(claim, point, outcome, estimates, text)


def _estimates(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> list[Estimate]:
  names = claims.runs(claim)
  if isinstance(claim, Trend):
    shown = claims.subject(names, label)
    return [Estimate(f'slope of {shown}', _trend(claim, point, samples))]
  values = [_at(samples, name, point)[0].values for name in names]
  if isinstance(claim, Bound):
    return [Estimate(label(claim.run), _contrast(values, (1.0,), LEVEL))]
  pairs = [(0, 1)]
  if isinstance(claim, Ordering):
    pairs = [(i + 1, i) for i in range(len(names) - 1)]
  level = 1 - (1 - LEVEL) / len(pairs)
  return [
    Estimate(
      claims.subject((names[one], names[other]), label),
      _contrast((values[one], values[other]), (1.0, -1.0), level),
    )
    for one, other in pairs
  ]


def _contrast(
  values: Sequence[Sequence[float]], weights: Sequence[float], level: float
) -> Interval | None:
  if any(len(v) < 2 for v in values):
    return None
  return intervals.contrast(values, weights, level)


def _trend(claim: Trend, point: Point, samples: Samples) -> Interval | None:
  rows = claims.rows_at(samples, claim.run, point)
  x = [dict(row.point)[claim.along] for row in rows]
  values = [samples[row].values for row in rows]
  if not claim.minus:
    places = [a for a, v in zip(x, values, strict=True) for _ in v]
    if len(places) < 3 or len(set(places)) < 2:
      return None
    return intervals.slope(places, [b for v in values for b in v], LEVEL)
  weights = intervals.slope_weights(x)
  by_place = dict(zip(x, weights, strict=True))
  for row in claims.rows_at(samples, claim.minus, point):
    # A level run has a weight of 0: what it takes from one end of the slope
    # it takes from the other.
    weights.append(-by_place.get(dict(row.point).get(claim.along), 0.0))
    values.append(samples[row].values)
  return _contrast(values, weights, LEVEL)


def _outcome(claim: Claim, interval: Interval | None) -> Outcome:
  if interval is None:
    return 'undecided'
  _, low, high = interval
  if isinstance(claim, Bound | Difference):
    if claim.relation == '<=':
      low, high = -high, -low
    edge = claim.value if claim.relation == '>=' else -claim.value
    if low >= edge:
      return 'holds'
    return 'fails' if high < edge else 'undecided'
  if isinstance(claim, Trend) and claim.direction == 'falls':
    low, high = -high, -low
  if low > 0:
    return 'holds'
  return 'fails' if high <= 0 else 'undecided'


def _text(claim: Claim, point: Point, estimate: Estimate) -> str:
  where = point_name(point)
  start = estimate.name
  if isinstance(claim, Trend):
    start += f' along {field_name(claim.along)}'
  start += f' at {where}' if where else ''
  if estimate.interval is None:
    needs = 'three seeds' if _is_line(claim) else 'two seeds of each run'
    return f'{start}: cannot be told, as an interval needs {needs}'
  metric = metrics.metric(claim.metric)
  value, low, high = (signed(metric.text(v)) for v in estimate.interval)
  unit = metric.unit if isinstance(claim, Bound) else metric.difference_unit
  if isinstance(claim, Trend):
    unit = f'{unit} per 1'.strip()
  return f'{start}: {value} {unit}'.rstrip() + f' [{low}, {high}]'


def _is_line(claim: Claim) -> bool:
  return isinstance(claim, Trend) and not claim.minus


def _correction(estimates: Sequence[Estimate]) -> str:
  if len(estimates) < 2:
    return ''
  return f' ({100 * LEVEL:.0f} % for all {len(estimates)} together, Bonferroni)'


def _lost(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> str:
  """Which seeds are missing, if any."""
  said = []
  for name in claims.runs(claim):
    for row in claims.rows_at(samples, name, point):
      values, asked = samples[row]
      if len(values) < asked:
        at = ''
        if isinstance(claim, Trend) and claim.along in dict(row.point):
          place = value_name(claim.along, dict(row.point)[claim.along])
          at = f' at {place}'
        lost = asked - len(values)
        said.append(f'{lost} of {asked} seeds of {label(name)}{at}')
  return f'; without {", ".join(said)}' if said else ''


def _at(samples: Samples, run: str, point: Point) -> list[Sample]:
  return [samples[row] for row in claims.rows_at(samples, run, point)]


def mean_and_deviation(
  values: Sequence[float],
) -> tuple[float | None, float | None]:
  """Mean and sample standard deviation; `None` of too few values."""
  mean = statistics.mean(values) if values else None
  return mean, statistics.stdev(values) if len(values) > 1 else None
