"""Whether what a study claims holds, by 95 % confidence intervals.

A claim *holds* where its whole interval satisfies it, *fails* where none of
the interval does, and is *undecided* otherwise. Each claim is judged at each
point of the grid that it applies to, and each of these verdicts has a
confidence of 95 % by itself: nothing is corrected for their number.

How a kind of claim is judged is in its file. Where a claim needs several
intervals they are corrected for their number (Bonferroni).

A number of all seeds together (an ensemble's) counts like a mean where its
analysis returns the contribution of each seed, by the jackknife (Tukey 1958).

Undecided whatever the numbers are:

- Seeds that agree exactly, in all that is compared. On a small test set a few
  seeds do so by accident, and a spread of 0 is then no sign of certainty. It
  is one for numbers that the config determines (sparsity, weights).
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

from collections.abc import Mapping
from typing import NamedTuple

from jaxsparse.claims.claim import Claim, Label, agree
from jaxsparse.claims.estimates import LEVEL, Estimate, Outcome, Sample, Samples
from jaxsparse.results.names import point_name, value_name
from jaxsparse.results.rows import Point, Row

ALONE = (
  f'Each claim is judged by itself, at {100 * LEVEL:.0f} %, at each point:'
  ' nothing is corrected for the number of claims and points.'
)


class Verdict(NamedTuple):
  """Verdict on a claim at a point.

  Attributes:
    point: at which it was judged.
    outcome: 'holds', 'fails' or 'undecided'.
    estimates: that the outcome rests on.
    text: the verdict in words, with numbers.
  """

  point: Point
  outcome: Outcome
  estimates: tuple[Estimate, ...]
  text: str


class Judgement(NamedTuple):
  """A claim in words, and the verdict at each point where it applies."""

  claim: str
  verdicts: tuple[Verdict, ...]


def judge(
  claim: Claim, samples: Mapping[Row, Sample], label: Label = str
) -> list[Verdict]:
  """Returns one verdict for each point at which the claim applies.

  Args:
    claim: that was checked.
    samples: of every row of the study, of the claim's metric.
    label: the label of a run by its name.
  """
  verdicts = []
  for point in claim.points(samples):
    at_point = [
      (row, sample)
      for name in claim.names()
      for row, sample in samples.items()
      if row.run == name and agree(dict(row.point), dict(point))
    ]
    verdicts.append(_verdict(claim, point, at_point, label))
  return verdicts


def _verdict(
  claim: Claim, point: Point, samples: Samples, label: Label
) -> Verdict:
  estimates = tuple(claim.estimates(samples, label))
  outcomes = {estimate.outcome for estimate in estimates}
  outcome: Outcome = 'holds' if outcomes == {'holds'} else 'undecided'
  if 'fails' in outcomes:
    outcome = 'fails'
  text = claim.numbers(estimates, point_name(point))
  if any(sample.pooled for _, sample in samples):
    text += '; a number of all seeds together has no interval'
  if missing := _missing(point, samples, label):
    text += f'; without {missing}'
    if outcome != 'undecided':
      text += f', hence undecided: by the others alone it {outcome}'
    outcome = 'undecided'
  return Verdict(point, outcome, estimates, text)


def _missing(point: Point, samples: Samples, label: Label) -> str:
  """Returns the missing seeds: '2 of 5 seeds of RigL at 98 %', or ''."""
  parts = []
  for row, (values, total, _) in samples:
    if (number := total - len(values)) > 0:
      along = [value_name(*field) for field in row.point if field not in point]
      where = f' at {", ".join(along)}' if along else ''
      parts.append(f'{number} of {total} seeds of {label(row.run)}{where}')
  return ', '.join(parts)
