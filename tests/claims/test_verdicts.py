"""Verdicts against intervals that SciPy gives, and at their edges."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jaxsparse.claims import (
  Bound,
  Difference,
  Ordering,
  Ratio,
  Trend,
  verdicts,
)
from jaxsparse.claims.estimates import Sample
from jaxsparse.results.rows import Row

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


AGREE = 'cannot be told, as the seeds agree exactly'
SAME = (50.0, 50.0)


@pytest.mark.parametrize(
  'claim',
  [
    Bound('a', '>=', 10.0),
    Difference('b', 'a', '>=', 10.0),
    Ratio('b', 'a', '>=', 1.5),
    Ordering(('a', 'b')),
    Trend('c', S, 'rises'),
    Trend('c', S, 'rises', minus='d'),
  ],
)
def test_seeds_that_agree_exactly_decide_nothing(claim):
  given = samples(
    a=SAME,
    b=(90.0, 90.0),
    c={0.5: SAME, 0.8: (60.0, 60.0), 0.9: (90.0, 90.0)},
    d={0.5: SAME, 0.8: SAME, 0.9: SAME},
  )
  verdict = only(claim, given)
  assert verdict.outcome == 'undecided'
  assert AGREE in verdict.text
  # Of what the config settles they say all.
  exact = dataclasses.replace(claim, metric='sparsity')
  assert outcome(exact, given) == 'holds'


@pytest.mark.parametrize('name', ['active_weights', 'total_weights'])
def test_counts_of_weights_are_exact(name):
  bound = Bound('a', '<=', 50.0, metric=name)
  assert outcome(bound, samples(a=SAME)) == 'holds'


def test_one_sample_with_a_spread_is_enough():
  given = samples(a=SAME, b=HIGH)
  assert outcome(Difference('b', 'a', '>=', 30.0), given) == 'holds'


def test_equal_runs_are_not_in_order():
  given = samples(a=SAME, b=SAME)

  def of_exact(claim):
    return outcome(dataclasses.replace(claim, metric='sparsity'), given)

  assert of_exact(Ordering(('a', 'b'))) == 'fails'
  assert of_exact(Difference('a', 'b', '>=', 0.0)) == 'holds'
  assert of_exact(Difference('a', 'b', '<=', 0.0)) == 'holds'


ALONG = {0.5: (96.0, 97.0, 96.5), 0.8: (94.0, 95.0), 0.98: (90.0, 92.0, 91.0)}


def by_hand(weights, *rows):
  """A contrast with Satterthwaite's degrees of freedom, in plain numpy."""
  value = sum(w * np.mean(v) for w, v in zip(weights, rows, strict=True))
  parts = [
    (w**2 * np.var(v, ddof=1) / len(v), len(v) - 1)
    for w, v in zip(weights, rows, strict=True)
  ]
  variance = sum(part for part, _ in parts)
  freedom = variance**2 / sum(part**2 / df for part, df in parts)
  half = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
  return value, value - half, value + half


def slope_weights(along):
  x = np.array(list(along))
  return (x - x.mean()) / np.sum((x - x.mean()) ** 2)


def test_a_trend_is_the_slope_of_means():
  verdict = only(Trend('a', S, 'falls'), samples(a=ALONG))
  slope, *steps = verdict.estimates
  expected = by_hand(slope_weights(ALONG), *ALONG.values())
  assert slope.interval == pytest.approx(expected)
  assert expected[0] == pytest.approx(
    np.polyfit(list(ALONG), [np.mean(v) for v in ALONG.values()], 1)[0]
  )
  assert verdict.outcome == 'holds'
  assert outcome(Trend('a', S, 'rises'), samples(a=ALONG)) == 'fails'
  total = f'{abs(0.48 * expected[0]):.2f}'
  assert verdict.text.endswith(f'−{total} points from 50 % to 98 %')
  # Two steps: 97.5 % each make 95 % together.
  values = list(ALONG.values())
  for step, one, other in zip(steps, values[1:], values, strict=False):
    test = stats.ttest_ind(one, other, equal_var=False)
    assert step.interval[1:] == pytest.approx(
      tuple(test.confidence_interval(0.975))
    )


def test_without_and_with_nothing_taken_off_a_trend_is_the_same():
  given = samples(a=ALONG, b=dict.fromkeys(ALONG, (0.0, 0.0)))
  alone, less = (
    only(Trend('a', S, 'falls', minus=minus), given) for minus in ('', 'b')
  )
  for one, other in zip(alone.estimates, less.estimates, strict=True):
    assert one.interval == pytest.approx(other.interval)


def hump(last):
  """50, 95, then `last`, each of five seeds with a deviation of 1."""
  around = np.array([-1.2, -0.6, 0.0, 0.6, 1.2])
  means = {0.5: 50.0, 0.8: 95.0, 0.9: last}
  return {place: tuple(mean + around) for place, mean in means.items()}


@pytest.mark.parametrize('last', [45.0, 80.0])
@pytest.mark.parametrize('minus', ['', 'level', 'along'])
def test_a_trend_that_turns_back_fails(last, minus):
  flat = tuple(np.array([-0.2, 0.0, 0.2]))
  given = samples(
    a=hump(last), level=flat, along=dict.fromkeys((0.5, 0.8, 0.9), flat)
  )
  verdict = only(Trend('a', S, 'rises', minus=minus), given)
  slope, *_ = verdict.estimates
  # Through either hump the line itself rises for certain.
  assert slope.interval.low > 0
  assert verdict.outcome == 'fails'
  fallen = f'it falls from 80 % to 90 %: −{95 - last:.2f} points ['
  assert fallen in verdict.text
  assert verdict.text.endswith('(95 % jointly)')
  mirrored = {place: [-v for v in seeds] for place, seeds in hump(last).items()}
  text = only(Trend('a', S, 'falls'), samples(a=mirrored)).text
  assert f'it rises from 80 % to 90 %: {95 - last:.2f} points' in text


def test_a_step_back_within_the_noise_denies_nothing():
  wide = {0.5: (50.0, 52.0, 51.0), 0.8: (93.0, 95.0), 0.9: (92.0, 95.0, 94.0)}
  assert outcome(Trend('a', S, 'rises'), samples(a=wide)) == 'holds'


def test_a_step_whose_seeds_agree_leaves_a_trend_open():
  given = samples(a={0.5: (50.0, 52.0, 51.0), 0.8: SAME, 0.9: SAME, 0.98: HIGH})
  verdict = only(Trend('a', S, 'rises'), given)
  assert verdict.estimates[0].interval.low > 0
  assert verdict.outcome == 'undecided'
  assert '; from 80 % to 90 % it cannot be told, as the seeds' in verdict.text


def test_the_ends_decide_where_the_middle_has_no_weight():
  x = (0.8, 0.9, 1.0)
  given = samples(a=dict(zip(x, (SAME, HIGH, (60.0, 60.0)), strict=True)))
  assert AGREE in only(Trend('a', S, 'rises'), given).text


def test_a_trend_in_noise_is_undecided():
  given = samples(a={0.5: (90.0, 80.0), 0.9: (81.0, 92.0)})
  assert outcome(Trend('a', S, 'rises'), given) == 'undecided'


def test_a_trend_of_differences_propagates_each_variance():
  other = {0.5: (96.0, 96.5, 97.5), 0.8: (90.0, 92.0), 0.98: (60.0, 66.0)}
  verdict = only(Trend('a', S, 'rises', minus='b'), samples(a=ALONG, b=other))
  weights = slope_weights(ALONG)
  expected = by_hand([*weights, *-weights], *ALONG.values(), *other.values())
  slope, first, second = verdict.estimates
  assert slope.interval == pytest.approx(expected)
  assert (first.name, second.name) == ('from 50 % to 80 %', 'from 80 % to 98 %')
  assert second.interval.value == pytest.approx((91 - 63) - (94.5 - 91))


def test_a_level_run_leaves_the_slope_as_it_is():
  alone = samples(a=ALONG, b=dict.fromkeys(ALONG, (0.0, 0.0)))
  level = samples(a=ALONG, b=(70.0, 99.0, 12.0))
  claim = Trend('a', S, 'falls', minus='b')
  one, other = (only(claim, given).estimates[0] for given in (alone, level))
  assert one.interval == pytest.approx(other.interval)


@pytest.mark.parametrize(
  'claim',
  [
    Bound('a', '>=', 0.0),
    Difference('b', 'a', '>=', 0.0),
    Ratio('b', 'a', '>=', 1.0),
    Ordering(('a', 'b')),
    Trend('c', S, 'rises'),
    Trend('c', S, 'rises', minus='b'),
  ],
)
def test_too_few_seeds_decide_nothing(claim):
  given = samples(a=(50.0,), b=HIGH, c={0.5: (1.0,), 0.9: (2.0,)})
  verdict = only(claim, given)
  assert verdict.outcome == 'undecided'
  assert verdict.estimates[0].interval is None
  assert 'an interval needs two seeds of each' in verdict.text


def test_seeds_that_are_missing_leave_it_open():
  given = {
    Row('a'): Sample(LOW, 5),
    Row('b'): Sample(HIGH, 3),
  }
  alone = {row: sample._replace(total=3) for row, sample in given.items()}
  for claim, said in (
    (Difference('b', 'a', '>=', 15.0), 'holds'),
    (Difference('b', 'a', '<=', 15.0), 'fails'),
    (Ordering(('a', 'b')), 'holds'),
    (Bound('a', '>=', 80.0), 'fails'),
  ):
    verdict = only(claim, given)
    assert outcome(claim, alone) == said
    assert verdict.outcome == 'undecided'
    assert verdict.text.endswith(
      '; without 2 of 5 seeds of a, hence undecided: by the others alone it'
      f' {said}'
    )
  verdict = only(Difference('b', 'a', '>=', 20.0), given)
  assert verdict.outcome == 'undecided'
  assert verdict.text.endswith(']; without 2 of 5 seeds of a')
  assert outcome(Bound('b', '>=', 80.0), given) == 'holds'


def test_a_trend_says_where_seeds_are_missing():
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


# Of 500 draws a share of 5 % has a standard deviation of 1 %.
X = (0.5, 0.8, 0.9, 0.98)
SPREADS = (0.3, 0.5, 1.0, 3.0)


def drawn(means, draws=500):
  """The share of each outcome of a rise, of five seeds a place."""
  rng = np.random.default_rng(0)
  found = [
    outcome(
      Trend('a', S, 'rises'),
      samples(
        a={
          place: rng.normal(mean, spread, 5)
          for place, mean, spread in zip(X, means, SPREADS, strict=True)
        }
      ),
    )
    for _ in range(draws)
  ]
  return {o: np.mean([f == o for f in found]) for o in ('holds', 'fails')}


def test_a_level_is_seldom_said_to_rise_or_not_to():
  found = drawn((90.0, 90.0, 90.0, 90.0))
  assert found['holds'] <= 0.05
  assert found['fails'] <= 0.08


def test_a_rise_with_a_level_in_it_is_seldom_denied():
  found = drawn((80.0, 80.0, 80.0, 90.0))
  assert found['holds'] >= 0.9
  assert found['fails'] <= 0.05
