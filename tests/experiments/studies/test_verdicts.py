"""Verdicts against intervals that SciPy gives, and at their edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jaxsparse.experiments.studies import verdicts
from jaxsparse.experiments.studies.evidence import Sample
from jaxsparse.experiments.studies.spec import (
  Bound,
  Difference,
  Ordering,
  Row,
  Trend,
)

S = 'updater.sparsity'
LOW, MIDDLE, HIGH = (70.0, 71.0, 72.0), (80.0, 82.0, 84.0), (90.0, 90.5, 91.0)


def samples(**rows):
  """`a=(1, 2)` is a run without a grid; `a={0.9: (1, 2)}` one along S."""
  found = {}
  for run, values in rows.items():
    grid = values if isinstance(values, dict) else {None: values}
    for place, numbers in grid.items():
      point = () if place is None else ((S, place),)
      found[Row(run, point)] = Sample(tuple(numbers), len(numbers))
  return found


def only(claim, given):
  (verdict,) = verdicts.judge(claim, given)
  return verdict


def outcome(claim, given):
  return only(claim, given).outcome


# 80, 82, 84: mean 82, standard error 2 / sqrt(3), t(2) = 4.303; so
# [77.03, 86.97].
@pytest.mark.parametrize(
  ('relation', 'value', 'expected'),
  [
    ('>=', 77.0, 'holds'),
    ('>=', 77.1, 'undecided'),
    ('>=', 86.9, 'undecided'),
    ('>=', 87.0, 'fails'),
    ('<=', 77.0, 'fails'),
    ('<=', 77.1, 'undecided'),
    ('<=', 86.9, 'undecided'),
    ('<=', 87.0, 'holds'),
  ],
)
def test_a_bound(relation, value, expected):
  verdict = only(Bound('a', relation, value), samples(a=MIDDLE))
  assert verdict.outcome == expected
  assert verdict.text == 'a: 82.00 % [77.03, 86.97]'


def test_a_difference_says_its_interval():
  given = samples(rigl={0.98: HIGH, 0.9: HIGH}, static={0.98: LOW, 0.9: LOW})
  got = verdicts.judge(
    Difference('rigl', 'static', '>=', 15.0), given, str.upper
  )
  expected = stats.ttest_ind(HIGH, LOW, equal_var=False).confidence_interval()
  assert [v.outcome for v in got] == ['holds', 'holds']
  assert [v.point for v in got] == [((S, 0.98),), ((S, 0.9),)]
  (estimate,) = got[0].estimates
  assert estimate.interval == pytest.approx((19.5, *expected))
  assert got[0].text == (
    'RIGL − STATIC at sparsity 98 %: 19.50 points'
    f' [{expected.low:.2f}, {expected.high:.2f}]'
  )


def test_an_ordering_is_judged_on_neighbours():
  given = samples(a=LOW, b=MIDDLE, c=HIGH)
  verdict = only(Ordering(('a', 'b', 'c')), given)
  assert verdict.outcome == 'holds'
  for estimate, (one, other) in zip(
    verdict.estimates, [(MIDDLE, LOW), (HIGH, MIDDLE)], strict=True
  ):
    # Two pairs: 97.5 % each make 95 % together.
    test = stats.ttest_ind(one, other, equal_var=False)
    assert estimate.interval[1:] == pytest.approx(
      tuple(test.confidence_interval(0.975))
    )
  assert verdict.text.endswith('(95 % jointly)')


def test_an_ordering_fails_where_any_pair_does():
  given = samples(a=LOW, b=HIGH, c=MIDDLE, d=(81.0, 82.0, 83.5))
  assert outcome(Ordering(('a', 'b', 'c')), given) == 'fails'
  assert outcome(Ordering(('a', 'c', 'd')), given) == 'undecided'
  assert outcome(Ordering(('b', 'a', 'c', 'd')), given) == 'fails'


def test_two_runs_need_no_correction():
  given = samples(a=LOW, b=HIGH)
  ordering = only(Ordering(('a', 'b')), given)
  difference = only(Difference('b', 'a', '>=', 0.0), given)
  assert ordering.estimates == difference.estimates
  assert 'jointly' not in ordering.text


def test_equal_runs_are_not_in_order():
  given = samples(a=(50.0, 50.0), b=(50.0, 50.0))
  assert outcome(Ordering(('a', 'b')), given) == 'fails'
  assert outcome(Difference('a', 'b', '>=', 0.0), given) == 'holds'
  assert outcome(Difference('a', 'b', '<=', 0.0), given) == 'holds'


ALONG = {0.5: (96.0, 97.0), 0.8: (94.0, 95.0), 0.98: (90.0, 92.0)}


def test_a_trend_is_the_slope_of_a_regression():
  given = samples(a=ALONG)
  x = [p for p, v in ALONG.items() for _ in v]
  y = [b for v in ALONG.values() for b in v]
  fit = stats.linregress(x, y)
  half = stats.t.ppf(0.975, len(x) - 2) * fit.stderr
  verdict = only(Trend('a', S, 'falls'), given)
  (estimate,) = verdict.estimates
  assert estimate.interval == pytest.approx(
    (fit.slope, fit.slope - half, fit.slope + half)
  )
  assert verdict.outcome == 'holds'
  assert outcome(Trend('a', S, 'rises'), given) == 'fails'
  total = f'{abs(0.48 * fit.slope):.2f}'
  assert verdict.text.endswith(f'−{total} points from 50 % to 98 %')


def test_a_trend_in_noise_is_undecided():
  given = samples(a={0.5: (90.0, 80.0), 0.9: (81.0, 92.0)})
  assert outcome(Trend('a', S, 'rises'), given) == 'undecided'


def test_a_trend_of_differences_propagates_each_variance():
  other = {0.5: (96.0, 96.5, 97.5), 0.8: (90.0, 92.0), 0.98: (60.0, 66.0)}
  verdict = only(Trend('a', S, 'rises', minus='b'), samples(a=ALONG, b=other))
  x = np.array(list(ALONG))
  weights = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
  value = sum(
    w * (np.mean(ALONG[p]) - np.mean(other[p]))
    for w, p in zip(weights, ALONG, strict=True)
  )
  parts = [
    (w**2 * np.var(v[p], ddof=1) / len(v[p]), len(v[p]) - 1)
    for w, p in zip(weights, ALONG, strict=True)
    for v in (ALONG, other)
  ]
  variance = sum(part for part, _ in parts)
  freedom = variance**2 / sum(part**2 / df for part, df in parts)
  half = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
  (estimate,) = verdict.estimates
  assert estimate.interval == pytest.approx((value, value - half, value + half))


def test_a_level_run_leaves_the_slope_as_it_is():
  alone = samples(a=ALONG, b=dict.fromkeys(ALONG, (0.0, 0.0)))
  level = samples(a=ALONG, b=(70.0, 99.0, 12.0))
  claim = Trend('a', S, 'falls', minus='b')
  one, other = (only(claim, given).estimates[0] for given in (alone, level))
  assert one.interval == pytest.approx(other.interval)


@pytest.mark.parametrize(
  ('claim', 'needs'),
  [
    (Bound('a', '>=', 0.0), 'two seeds of each run'),
    (Difference('b', 'a', '>=', 0.0), 'two seeds of each run'),
    (Ordering(('a', 'b')), 'two seeds of each run'),
    (Trend('c', S, 'rises'), 'three seeds'),
    (Trend('c', S, 'rises', minus='b'), 'two seeds of each run'),
  ],
)
def test_too_few_seeds_decide_nothing(claim, needs):
  given = samples(a=(50.0,), b=HIGH, c={0.5: (1.0,), 0.9: (2.0,)})
  verdict = only(claim, given)
  assert verdict.outcome == 'undecided'
  assert verdict.estimates[0].interval is None
  assert needs in verdict.text


def test_seeds_that_are_missing_are_said():
  given = {
    Row('a'): Sample((80.0, 82.0, 84.0), 5),
    Row('b'): Sample(HIGH, 3),
  }
  verdict = only(Difference('b', 'a', '>=', 0.0), given)
  assert verdict.text.endswith('; without 2 of 5 seeds of a')
  given = {
    Row('a', ((S, 0.5),)): Sample((80.0, 82.0), 2),
    Row('a', ((S, 0.9),)): Sample((80.0,), 2),
  }
  verdict = only(Trend('a', S, 'rises'), given)
  assert verdict.text.endswith('; without 1 of 2 seeds of a at 90 %')


@given(
  st.lists(st.floats(0, 100), min_size=2, max_size=6),
  st.lists(st.floats(0, 100), min_size=2, max_size=6),
  st.floats(-50, 50),
)
def test_what_is_claimed_the_other_way_round_has_the_same_verdict(
  one, other, value
):
  given = samples(a=one, b=other)
  straight = only(Difference('a', 'b', '>=', value), given)
  mirrored = only(Difference('b', 'a', '<=', -value), given)
  assert straight.outcome == mirrored.outcome


def test_a_decision_is_seldom_wrong_for_an_ordering_as_a_whole():
  rng = np.random.default_rng(0)
  claim = Ordering(('a', 'b', 'c', 'd'))
  found = [
    outcome(claim, samples(**{r: rng.normal(5, 1, 4) for r in 'abcd'}))
    for _ in range(1000)
  ]
  # All means are equal: whatever is decided is decided by chance. Without the
  # correction some 7 % would be.
  assert np.mean([o != 'undecided' for o in found]) <= 0.05
