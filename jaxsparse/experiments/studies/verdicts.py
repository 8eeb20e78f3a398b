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

from collections.abc import Callable
from typing import Literal, NamedTuple

from jaxsparse.experiments.studies import claims, evidence, metrics
from jaxsparse.experiments.studies.evidence import LEVEL, Estimate, Samples
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
  Point,
  Row,
  Trend,
)

Outcome = Literal['holds', 'fails', 'undecided']


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


def of_study(results: Results) -> list[tuple[str, list[Verdict]]]:
  """What each claim of a study says, and the verdicts on it."""

  def label(name: str) -> str:
    return results.study.run(name).shown

  return [
    (
      claims.words(claim, label),
      judge(claim, evidence.samples(results, claim.metric), label),
    )
    for claim in results.study.claims
  ]


def _judged(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> Verdict:
  estimates = tuple(evidence.estimates(claim, point, samples, label))
  outcomes = [_outcome(claim, e.interval) for e in estimates]
  outcome: Outcome = 'undecided'
  if 'fails' in outcomes:
    outcome = 'fails'
  elif all(o == 'holds' for o in outcomes):
    outcome = 'holds'
  text = '; '.join(_text(claim, point, e) for e in estimates)
  if len(estimates) > 1:
    text += f' ({100 * LEVEL:.0f} % jointly)'
  if isinstance(claim, Trend) and estimates[0].interval:
    text += _over_range(claim, estimates[0].interval, point, samples)
  if any(samples[row].pooled for row in _rows(claim, point, samples)):
    text += '; a number of all seeds together has no interval'
  text += _lost(claim, point, samples, label)
  return Verdict(claim, point, outcome, estimates, text)


def _rows(claim: Claim, point: Point, samples: Samples) -> list[Row]:
  """The rows that a claim is about at a point."""
  names = claims.runs(claim)
  return [r for name in names for r in claims.rows_at(samples, name, point)]


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
    unit = f'{unit} per unit'.strip()
  return f'{start}: {value} {unit}'.rstrip() + f' [{low}, {high}]'


def _is_line(claim: Claim) -> bool:
  return isinstance(claim, Trend) and not claim.minus


def _over_range(
  claim: Trend, slope: Interval, point: Point, samples: Samples
) -> str:
  """What the slope comes to from one end of the field to the other."""
  places = [
    dict(row.point)[claim.along]
    for row in claims.rows_at(samples, claim.run, point)
  ]
  metric = metrics.metric(claim.metric)
  ends = min(places), max(places)
  total = signed(metric.text(slope.value * (ends[1] - ends[0])))
  first, last = (value_name(claim.along, end) for end in ends)
  unit = f' {metric.difference_unit}' if metric.difference_unit else ''
  return f', or {total}{unit} from {first} to {last}'


def _lost(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> str:
  """Which seeds are missing, if any."""
  said = []
  for name in claims.runs(claim):
    for row in claims.rows_at(samples, name, point):
      values, asked, _ = samples[row]
      if len(values) < asked:
        at = ''
        if isinstance(claim, Trend) and claim.along in dict(row.point):
          place = value_name(claim.along, dict(row.point)[claim.along])
          at = f' at {place}'
        lost = asked - len(values)
        said.append(f'{lost} of {asked} seeds of {label(name)}{at}')
  return f'; without {", ".join(said)}' if said else ''
