"""Verdicts in words: estimates with their intervals, and missing seeds."""

from collections.abc import Callable, Sequence

from jaxsparse.results import metrics
from jaxsparse.results.names import (
  field_name,
  point_name,
  signed,
  value_name,
)
from jaxsparse.results.rows import Point
from jaxsparse.studies.claims import claims
from jaxsparse.studies.claims.evidence import (
  LEVEL,
  Estimate,
  Samples,
  reverses,
)
from jaxsparse.studies.claims.intervals import Interval
from jaxsparse.studies.kinds import (
  Bound,
  Claim,
  Ratio,
  Trend,
)


def numbers(
  claim: Claim, point: Point, samples: Samples, estimates: Sequence[Estimate]
) -> str:
  """Formats the estimates that a claim was judged by at a point.

  Args:
    claim: that was judged.
    point: at which it was judged.
    samples: of every row, of the claim's metric.
    estimates: from `evidence.estimates`.
  """
  if isinstance(claim, Trend):
    return _trend(claim, point, samples, *estimates)
  text = '; '.join(_text(claim, point, e) for e in estimates)
  return text + _jointly(len(estimates))


def _text(claim: Claim, point: Point, estimate: Estimate) -> str:
  where = point_name(point)
  start = estimate.name
  if isinstance(claim, Trend):
    start += f' along {field_name(claim.along)}'
  start += f' at {where}' if where else ''
  if estimate.interval is None:
    return f'{start}: cannot be told, as {estimate.why}'
  if isinstance(claim, Ratio):
    value, low, high = (_figures(v) for v in estimate.interval)
    return f'{start}: {value} [{low}, {high}]'
  metric = metrics.metric(claim.metric)
  unit = metric.unit if isinstance(claim, Bound) else metric.difference_unit
  if isinstance(claim, Trend):
    unit = f'{unit} per unit'.strip()
  return f'{start}: {_numbers(claim, estimate.interval, unit)}'


def _numbers(claim: Claim, interval: Interval, unit: str) -> str:
  """Formats an interval: '2.00 points [1.00, 3.00]'."""
  text = metrics.metric(claim.metric).text
  value, low, high = (signed(text(v)) for v in interval)
  return f'{value} {unit}'.rstrip() + f' [{low}, {high}]'


def _figures(ratio: float) -> str:
  """Formats a ratio to three figures or more: '0.32', '12.3', '1,530'."""
  return signed(f'{ratio:,.0f}' if abs(ratio) >= 1000 else f'{ratio:.3g}')


def _jointly(number: int) -> str:
  return f' ({100 * LEVEL:.0f} % jointly)' if number > 1 else ''


def _trend(
  claim: Trend,
  point: Point,
  samples: Samples,
  slope: Estimate,
  *steps: Estimate,
) -> str:
  """Formats the slope, then the steps against it or without an interval."""
  text = _text(claim, point, slope)
  if slope.interval:
    text += _over_range(claim, slope.interval, point, samples)
  unit = metrics.metric(claim.metric).difference_unit
  word = 'falls' if claim.direction == 'rises' else 'rises'
  for step in steps:
    if step.interval and reverses(claim, step):
      text += f'; it {word} {step.name}: {_numbers(claim, step.interval, unit)}'
      text += _jointly(len(steps))
    elif slope.interval and step.why:
      text += f'; {step.name} it cannot be told, as {step.why}'
  return text


def _over_range(
  claim: Trend, slope: Interval, point: Point, samples: Samples
) -> str:
  """Formats the change by the slope from one end of the field to the other."""
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


def lost(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> str:
  """Returns the missing seeds: '2 of 5 seeds of RigL at 98 %', or ''."""
  missing = []
  for name in claims.runs(claim):
    for row in claims.rows_at(samples, name, point):
      values, total, _ = samples[row]
      if len(values) < total:
        at = ''
        if isinstance(claim, Trend) and claim.along in dict(row.point):
          value = value_name(claim.along, dict(row.point)[claim.along])
          at = f' at {value}'
        seeds = f'{total - len(values)} of {total} seeds'
        missing.append(f'{seeds} of {label(name)}{at}')
  return ', '.join(missing)
