"""Verdicts on ratios, by logarithms worked by hand."""

import math
import re

import numpy as np
import pytest
from scipy import stats

from jaxsparse.claims import Ratio, verdicts
from jaxsparse.claims.estimates import Sample
from jaxsparse.results.rows import Row


def samples(one, other):
  """Of the runs `a` and `b`."""
  pairs = zip('ab', (one, other), strict=True)
  return {Row(name): Sample(tuple(v), len(v)) for name, v in pairs}


def only(claim, given):
  (verdict,) = verdicts.judge(claim, given)
  return verdict


# Logs 1, 2, 3 and 0, 0.5, 1: geometric means e^2 and e^0.5; by hand the
# difference is 1.5 with variances 1 / 3 and 1 / 12, so 50 / 17 degrees of
# freedom, and half of the interval t sqrt(5 / 12).
HALF = stats.t.ppf(0.975, 50 / 17) * math.sqrt(5 / 12)


@pytest.mark.parametrize(
  ('relation', 'log', 'expected'),
  [
    ('>=', 1.5 - HALF - 0.01, 'holds'),
    ('>=', 1.5 - HALF + 0.01, 'undecided'),
    ('>=', 1.5 + HALF + 0.01, 'fails'),
    ('<=', 1.5 - HALF - 0.01, 'fails'),
    ('<=', 1.5 + HALF - 0.01, 'undecided'),
    ('<=', 1.5 + HALF + 0.01, 'holds'),
  ],
)
def test_a_ratio(relation, log, expected):
  given = samples(np.exp([1.0, 2.0, 3.0]), np.exp([0.0, 0.5, 1.0]))
  verdict = only(Ratio('a', 'b', relation, math.exp(log)), given)
  assert verdict.outcome == expected
  low, high = (f'{math.exp(1.5 + s * HALF):.3g}' for s in (-1, 1))
  assert verdict.text == f'a / b, geometric means: 4.48 [{low}, {high}]'


def test_a_large_ratio_is_shown_in_whole_numbers():
  given = samples((4e4, 4.2e4), (2.0, 2.01))
  text = only(Ratio('a', 'b', '>=', 3.0), given).text
  assert re.fullmatch(r'a / b, .*: 20,[0-9]{3} \[.*', text)


@pytest.mark.parametrize('value', [0.0, -1.0])
def test_a_ratio_of_what_is_not_positive_is_undecided(value):
  verdict = only(
    Ratio('a', 'b', '>=', 3.0), samples((90.0, 90.5, 91.0), (value, 2.0))
  )
  assert verdict.outcome == 'undecided'
  assert 'cannot be told, as a ratio is of numbers above 0' in verdict.text
