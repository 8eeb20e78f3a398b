"""Trends: slopes and steps against SciPy's and numpy's."""

import math

import numpy as np
import pytest
from scipy import stats

from jaxsparse.claims import Trend
from jaxsparse.claims.estimates import Sample
from jaxsparse.results.rows import Row

S = 'updater.sparsity'
SAME, HIGH = (50.0, 50.0), (90.0, 90.5, 91.0)
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


def test_a_trend_is_the_slope_of_means(samples, only, outcome):
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


def hump(last):
  """50, 95, then `last`, each of five seeds with a deviation of 1."""
  around = np.array([-1.2, -0.6, 0.0, 0.6, 1.2])
  means = {0.5: 50.0, 0.8: 95.0, 0.9: last}
  return {place: tuple(mean + around) for place, mean in means.items()}


@pytest.mark.parametrize('last', [45.0, 80.0])
@pytest.mark.parametrize('minus', ['', 'level', 'along'])
def test_a_trend_that_turns_back_fails(last, minus, samples, only):
  flat = tuple(np.array([-0.2, 0.0, 0.2]))
  rows = samples(
    a=hump(last), level=flat, along=dict.fromkeys((0.5, 0.8, 0.9), flat)
  )
  verdict = only(Trend('a', S, 'rises', minus=minus), rows)
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


@pytest.mark.parametrize(
  ('along', 'expected'),
  [
    # A step back is within the noise.
    (
      {0.5: (50.0, 52.0, 51.0), 0.8: (93.0, 95.0), 0.9: (92.0, 95.0, 94.0)},
      'holds',
    ),
    ({0.5: (90.0, 80.0), 0.9: (81.0, 92.0)}, 'undecided'),
  ],
)
def test_noise_denies_nothing(along, expected, samples, outcome):
  assert outcome(Trend('a', S, 'rises'), samples(a=along)) == expected


def test_a_step_whose_seeds_agree_leaves_a_trend_open(samples, only):
  rows = samples(a={0.5: (50.0, 52.0, 51.0), 0.8: SAME, 0.9: SAME, 0.98: HIGH})
  verdict = only(Trend('a', S, 'rises'), rows)
  assert verdict.estimates[0].interval.low > 0
  assert verdict.outcome == 'undecided'
  assert '; from 80 % to 90 % it cannot be told, as the seeds' in verdict.text


def test_the_ends_decide_where_the_middle_has_no_weight(samples, only):
  x = (0.8, 0.9, 1.0)
  rows = samples(a=dict(zip(x, (SAME, HIGH, (60.0, 60.0)), strict=True)))
  text = only(Trend('a', S, 'rises'), rows).text
  assert 'cannot be told, as the seeds agree exactly' in text


def test_a_trend_of_differences_propagates_each_variance(samples, only):
  other = {0.5: (96.0, 96.5, 97.5), 0.8: (90.0, 92.0), 0.98: (60.0, 66.0)}
  verdict = only(Trend('a', S, 'rises', minus='b'), samples(a=ALONG, b=other))
  weights = slope_weights(ALONG)
  expected = by_hand([*weights, *-weights], *ALONG.values(), *other.values())
  slope, first, second = verdict.estimates
  assert slope.interval == pytest.approx(expected)
  assert (first.name, second.name) == ('from 50 % to 80 %', 'from 80 % to 98 %')
  assert second.interval.value == pytest.approx((91 - 63) - (94.5 - 91))


@pytest.mark.parametrize(
  'constant', [dict.fromkeys(ALONG, (0.0, 0.0)), (70.0, 99.0, 12.0)]
)
def test_subtracting_a_constant_changes_no_interval(constant, samples, only):
  rows = samples(a=ALONG, b=constant)
  alone, less = (
    only(Trend('a', S, 'falls', minus=minus), rows) for minus in ('', 'b')
  )
  for one, other in zip(alone.estimates, less.estimates, strict=True):
    assert one.interval == pytest.approx(other.interval)


def test_a_trend_says_where_seeds_are_missing(only):
  rows = {
    Row('a', ((S, 0.5),)): Sample((80.0, 82.0), 2),
    Row('a', ((S, 0.9),)): Sample((80.0,), 2),
  }
  verdict = only(Trend('a', S, 'rises'), rows)
  assert verdict.text.endswith('; without 1 of 2 seeds of a at 90 %')


# Of 500 draws a share of 5 % has a standard deviation of 1 %.
X = (0.5, 0.8, 0.9, 0.98)
SPREADS = (0.3, 0.5, 1.0, 3.0)


@pytest.mark.parametrize(
  ('means', 'least', 'most'),
  [
    # A level is seldom said to rise, or not to.
    ((90.0, 90.0, 90.0, 90.0), {}, {'holds': 0.05, 'fails': 0.08}),
    # A rise with a level in it is seldom denied.
    ((80.0, 80.0, 80.0, 90.0), {'holds': 0.9}, {'fails': 0.05}),
  ],
)
def test_a_decision_is_seldom_wrong(means, least, most, samples, outcome):
  rng = np.random.default_rng(0)
  rows = list(zip(X, means, SPREADS, strict=True))
  outcomes = [
    outcome(
      Trend('a', S, 'rises'),
      samples(a={x: rng.normal(mean, spread, 5) for x, mean, spread in rows}),
    )
    for _ in range(500)
  ]
  shares = {o: outcomes.count(o) / len(outcomes) for o in ('holds', 'fails')}
  assert all(shares[o] >= share for o, share in least.items())
  assert all(shares[o] <= share for o, share in most.items())
