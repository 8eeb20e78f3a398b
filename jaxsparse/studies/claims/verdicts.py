"""Whether what a study claims holds, by 95 % confidence intervals.

A claim *holds* where its whole interval satisfies it, *fails* where none of
the interval does, and is *undecided* otherwise. Each claim is judged at each
point of the grid that it applies to, and each of these verdicts has a
confidence of 95 % by itself: nothing is corrected for their number.

- Bound: Student's t interval of a mean.
- Difference: Welch's interval of a difference of two means.
- Ratio: Welch's interval of a difference of two means of logarithms; the
  ratio is that of the geometric means.
- Ordering: Welch's interval of every difference between neighbours. It holds
  if all are above 0 and fails if any is not. The intervals are corrected
  (Bonferroni) for the number of pairs, so that the 95 % are those of the
  whole ordering.
- Trend: the least-squares slope of the means (with `minus`, of the differences
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

A number of all seeds together (an ensemble's) counts like a mean where its
analysis returns the contribution of each seed, by the jackknife (Tukey 1958).

Undecided whatever the numbers are:

- Seeds that agree exactly, in all that is compared. On a small test set a few
  seeds do so by accident, and a spread of 0 is then no sign of certainty. It
  is one for numbers that the config determines (sparsity, weights).
- Ratios of numbers that are not all above 0.
- Missing seeds. Seeds do not fail at random: the remaining ones may be the
  better ones, or differ otherwise. The verdict on the remaining seeds is
  reported as well.

Runs have seeds in common: the same seed leads to the same order of batches and
often the same initial weights. Differences are nevertheless not paired by
seed. Trained networks soon lose what they had in common, so there is little to
gain; a paired interval has half the degrees of freedom; and it would need the
same seeds to succeed in both runs. Where results of a seed are correlated,
Welch's interval is wider than necessary.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from jaxsparse.results.rows import Point, Row
from jaxsparse.studies.claims import (
  claims,
  evidence,
  verdict_words,
)
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
  Difference,
  Ratio,
  Trend,
)
from jaxsparse.studies.results import Results

Outcome = Literal['holds', 'fails', 'undecided']

ALONE = (
  f'Each claim is judged by itself, at {100 * LEVEL:.0f} %, at each point:'
  ' nothing is corrected for the number of claims and points.'
)


class Verdict(NamedTuple):
  """Verdict on a claim at a point.

  Attributes:
    claim: that was judged.
    point: at which it was judged.
    outcome: 'holds', 'fails' or 'undecided'.
    estimates: from `evidence.estimates`.
    text: the verdict in words, with numbers.
  """

  claim: Claim
  point: Point
  outcome: Outcome
  estimates: tuple[Estimate, ...]
  text: str


def judge(
  claim: Claim, samples: Samples, label: Callable[[str], str] = str
) -> list[Verdict]:
  """Returns one verdict for each point at which the claim applies.

  Args:
    claim: one that `claims.check` let pass.
    samples: of every row of the study, of the claim's metric.
    label: the label of a run by its name.
  """
  return [
    _judged(claim, point, samples, label)
    for point in claims.points(claim, samples)
  ]


def of_study(results: Results) -> list[tuple[str, list[Verdict]]]:
  """Returns the text of each claim of a study, and the verdicts on it."""

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
  if isinstance(claim, Trend):
    outcome = _of_trend(claim, *estimates)
  else:
    outcome = _of_all([_outcome(claim, e.interval) for e in estimates])
  text = verdict_words.numbers(claim, point, samples, estimates)
  if any(samples[row].pooled for row in _rows(claim, point, samples)):
    text += '; a number of all seeds together has no interval'
  if lost := verdict_words.lost(claim, point, samples, label):
    text += f'; without {lost}'
    if outcome != 'undecided':
      text += f', hence undecided: by the others alone it {outcome}'
    outcome = 'undecided'
  return Verdict(claim, point, outcome, estimates, text)


def _of_all(outcomes: Sequence[Outcome]) -> Outcome:
  """Combines outcomes: all must hold, and any that fails is decisive."""
  if 'fails' in outcomes:
    return 'fails'
  return 'holds' if set(outcomes) == {'holds'} else 'undecided'


def _of_trend(claim: Trend, slope: Estimate, *steps: Estimate) -> Outcome:
  if any(reverses(claim, step) for step in steps):
    return 'fails'
  outcome = _outcome(claim, slope.interval)
  if outcome == 'holds' and any(step.interval is None for step in steps):
    return 'undecided'
  return outcome


def _rows(claim: Claim, point: Point, samples: Samples) -> list[Row]:
  """Returns the rows that a claim is about at a point."""
  names = claims.runs(claim)
  return [r for name in names for r in claims.rows_at(samples, name, point)]


def _outcome(claim: Claim, interval: Interval | None) -> Outcome:
  if interval is None:
    return 'undecided'
  _, low, high = interval
  if isinstance(claim, Bound | Difference | Ratio):
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
