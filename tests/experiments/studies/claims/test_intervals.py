"""Intervals against hand-worked numbers, SciPy's, and their own promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from jaxsparse.experiments.studies.claims import intervals

NUMBERS = st.lists(
  st.floats(-1e3, 1e3, allow_subnormal=False), min_size=2, max_size=8
)


def spread(values):
  """Whether rounding is far from all there is to a sample's variance."""
  return np.ptp(values) > 1e-3


def test_a_mean_by_hand():
  # Mean 2, variance 1, three values: 2 ± 4.302653 / sqrt(3).
  got = intervals.contrast([[1.0, 2.0, 3.0]], [1.0], 0.95)
  half = 4.302652729911275 / math.sqrt(3)
  assert got == pytest.approx((2.0, 2.0 - half, 2.0 + half))


def test_a_difference_by_hand():
  # Variances 1 and 4 of three values each: 1/3 + 4/3 = 5/3, with
  # (5/3)^2 / ((1/3)^2 / 2 + (4/3)^2 / 2) = 50/17 degrees of freedom.
  got = intervals.contrast([[4.0, 5.0, 6.0], [0.0, 2.0, 4.0]], [1, -1], 0.95)
  half = stats.t.ppf(0.975, 50 / 17) * math.sqrt(5 / 3)
  assert got == pytest.approx((3.0, 3.0 - half, 3.0 + half))


@given(NUMBERS.filter(spread), NUMBERS.filter(spread), st.floats(0.5, 0.999))
def test_a_difference_is_scipys(one, other, level):
  got = intervals.contrast([one, other], [1.0, -1.0], level)
  test = stats.ttest_ind(one, other, equal_var=False)
  expected = test.confidence_interval(level)
  assert got.value == pytest.approx(np.mean(one) - np.mean(other), abs=1e-9)
  np.testing.assert_allclose(
    (got.low, got.high), (expected.low, expected.high), rtol=1e-6, atol=1e-9
  )


@given(NUMBERS.filter(spread))
def test_a_mean_is_scipys(values):
  got = intervals.contrast([values], [1.0], 0.95)
  expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
  np.testing.assert_allclose(
    (got.low, got.high), (expected.low, expected.high), rtol=1e-6, atol=1e-9
  )


def test_weights_of_means_give_the_slope_of_a_line():
  x = [0.5, 0.7, 0.9, 0.98]
  y = [96.0, 91.0, 88.0, 60.0]
  got = sum(w * b for w, b in zip(intervals.slope_weights(x), y, strict=True))
  assert got == pytest.approx(np.polyfit(x, y, 1)[0])


@pytest.mark.parametrize('value', [0.1, 96.67, 1 / 3])
def test_values_that_are_all_alike_have_a_point(value):
  got = intervals.contrast([[value] * 3], [1.0], 0.95)
  assert got == (value, value, value)


def test_one_constant_sample_takes_its_freedom_from_the_other():
  got = intervals.contrast([[5.0] * 4, [1.0, 2.0, 3.0]], [1, -1], 0.95)
  half = stats.t.ppf(0.975, 2) / math.sqrt(3)
  assert got == pytest.approx((3.0, 3.0 - half, 3.0 + half))


@pytest.mark.parametrize('samples', [[[]], [[1.0]], [[1.0, 2.0], [1.0]]])
def test_one_value_has_no_interval(samples):
  with pytest.raises(ValueError, match='two values'):
    intervals.contrast(samples, [1.0] * len(samples), 0.95)


RATIOS = st.lists(st.floats(1.0, 3.0), min_size=2, max_size=6).filter(
  lambda values: np.std(values, ddof=1) > 0.01
)


@settings(max_examples=40)
@given(RATIOS, RATIOS, st.floats(0.5, 0.99))
def test_at_the_ends_of_a_ratio_scipys_test_is_at_its_level(one, other, level):
  got = intervals.ratio(one, other, level)
  alone = stats.ttest_1samp(other, 0.0).pvalue
  if abs(alone - (1 - level)) < 1e-6:  # Rounding decides.
    return
  assert (got is None) == (alone > 1 - level)
  if got is None:
    return
  assert got.value == pytest.approx(np.mean(one) / np.mean(other))
  assert got.low < got.value < got.high
  for end in (got.low, got.high):
    test = stats.ttest_ind(one, end * np.array(other), equal_var=False)
    assert test.pvalue == pytest.approx(1 - level, rel=1e-5)


def test_over_a_constant_a_ratio_is_a_mean_in_another_unit():
  got = intervals.ratio([1.0, 2.0, 4.0], [0.5, 0.5], 0.95)
  mean = stats.ttest_1samp([2.0, 4.0, 8.0], 0.0).confidence_interval(0.95)
  assert got == pytest.approx((14 / 3, mean.low, mean.high))


def test_ratios_of_constants_have_a_point():
  assert intervals.ratio([3.0, 3.0], [2.0] * 3, 0.95) == (1.5, 1.5, 1.5)


def test_a_ratio_to_what_may_be_nothing_has_no_interval():
  assert intervals.ratio([5.0, 6.0, 7.0], [-1.0, 2.0, 1.0], 0.95) is None
  below = intervals.ratio([5.0, 6.0, 7.0], [-1.9, -2.0, -2.1], 0.95)
  above = intervals.ratio([-5.0, -6.0, -7.0], [1.9, 2.0, 2.1], 0.95)
  assert below == pytest.approx(above)
  assert below.high < 0


def coverage(interval, truth, draws=2000):
  """The share of `draws` intervals that hold the truth."""
  rng = np.random.default_rng(0)
  found = [interval(rng) for _ in range(draws)]
  return np.mean([low <= truth <= high for _, low, high in found])


# Of 2,000 draws at 95 % the share is within 1.5 points, three of its standard
# deviations; Welch's interval of few values is wider than it has to be.
def test_nineteen_means_in_twenty_are_covered():
  got = coverage(
    lambda rng: intervals.contrast([rng.normal(3, 2, 5)], [1.0], 0.95), 3
  )
  assert 0.935 <= got <= 0.965


def test_nineteen_differences_in_twenty_are_covered():
  got = coverage(
    lambda rng: intervals.contrast(
      [rng.normal(3, 2, 5), rng.normal(1, 0.3, 4)], [1.0, -1.0], 0.95
    ),
    2,
  )
  assert 0.935 <= got <= 0.975


def test_nineteen_slopes_in_twenty_are_covered():
  x = [0.5, 0.8, 0.9, 0.98]
  weights = intervals.slope_weights(x)

  def draw(rng):
    # A hump, and scatter that grows along it.
    seeds = [rng.normal(90 - 40 * (a - 0.8) ** 2, 0.2 + a**4, 5) for a in x]
    return intervals.contrast(seeds, weights, 0.95)

  truth = np.polyfit(x, [90 - 40 * (a - 0.8) ** 2 for a in x], 1)[0]
  assert 0.935 <= coverage(draw, truth) <= 0.975


def test_nineteen_slopes_of_differences_in_twenty_are_covered():
  x = [0.5, 0.8, 0.9, 0.98]
  weights = intervals.slope_weights(x)

  def draw(rng):
    # Means on a curve, and scatter that grows along it.
    one = [rng.normal(90 - 40 * a**8, 0.2 + a, 5) for a in x]
    other = [rng.normal(90 - 60 * a**8, 0.2 + 3 * a**4, 5) for a in x]
    signed = [*weights, *(-w for w in weights)]
    return intervals.contrast([*one, *other], signed, 0.95)

  truth = sum(w * 20 * a**8 for w, a in zip(weights, x, strict=True))
  assert 0.935 <= coverage(draw, truth) <= 0.975


@pytest.mark.parametrize(
  ('one', 'other'),
  [
    # Gradient norms at step 0, and disagreements, as they come out.
    ((0.4, 0.08, 5), (0.04, 0.002, 5)),
    ((0.012, 0.001, 5), (0.028, 0.003, 4)),
    ((3.0, 1.0, 3), (1.0, 0.1, 3)),
  ],
)
def test_nineteen_ratios_in_twenty_are_covered(one, other):
  def draw(rng):
    sizes = (rng.normal(*one).tolist(), rng.normal(*other).tolist())
    return intervals.ratio(*sizes, 0.95)

  got = coverage(draw, one[0] / other[0], draws=500)
  assert 0.92 <= got <= 0.98  # Three standard deviations of 500 draws.
