"""Intervals against hand-worked numbers, SciPy's, and their own promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from jaxsparse.claims import Ratio, estimates

NUMBERS = st.lists(
  st.floats(-1e3, 1e3, allow_subnormal=False), min_size=2, max_size=8
)


def spread(values):
  """Whether rounding is far from all there is to a sample's variance."""
  return np.ptp(values) > 1e-3


# Mean 2, variance 1, three values. Then variances 1 and 4 of three values each:
# 1/3 + 4/3 = 5/3, with (5/3)^2 / ((1/3)^2 / 2 + (4/3)^2 / 2) = 50/17 degrees of
# freedom. A constant sample takes its freedom from the other.
@pytest.mark.parametrize(
  ('samples', 'value', 'freedom', 'variance'),
  [
    ([[1.0, 2.0, 3.0]], 2.0, 2, 1 / 3),
    ([[4.0, 5.0, 6.0], [0.0, 2.0, 4.0]], 3.0, 50 / 17, 5 / 3),
    ([[5.0] * 4, [1.0, 2.0, 3.0]], 3.0, 2, 1 / 3),
  ],
)
def test_a_contrast_by_hand(samples, value, freedom, variance):
  got = estimates.contrast(samples, (1.0, -1.0)[: len(samples)])
  half = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
  assert got == pytest.approx((value, value - half, value + half))


@given(NUMBERS.filter(spread), NUMBERS.filter(spread), st.floats(0.5, 0.999))
def test_a_difference_is_scipys(one, other, level):
  got = estimates.contrast([one, other], [1.0, -1.0], level)
  test = stats.ttest_ind(one, other, equal_var=False)
  expected = test.confidence_interval(level)
  assert got.value == pytest.approx(np.mean(one) - np.mean(other), abs=1e-9)
  np.testing.assert_allclose(
    (got.low, got.high), (expected.low, expected.high), rtol=1e-6, atol=1e-9
  )


@given(NUMBERS.filter(spread))
def test_a_mean_is_scipys(values):
  got = estimates.contrast([values], [1.0], 0.95)
  expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
  np.testing.assert_allclose(
    (got.low, got.high), (expected.low, expected.high), rtol=1e-6, atol=1e-9
  )


def test_weights_of_means_give_the_slope_of_a_line():
  x = [0.5, 0.7, 0.9, 0.98]
  y = [96.0, 91.0, 88.0, 60.0]
  got = sum(w * b for w, b in zip(estimates.slope_weights(x), y, strict=True))
  assert got == pytest.approx(np.polyfit(x, y, 1)[0])


@pytest.mark.parametrize('value', [0.1, 96.67, 1 / 3])
def test_values_that_are_all_alike_have_a_point(value):
  got = estimates.contrast([[value] * 3], [1.0], 0.95)
  assert got == (value, value, value)


@pytest.mark.parametrize('samples', [[[]], [[1.0]], [[1.0, 2.0], [1.0]]])
def test_one_value_has_no_interval(samples):
  with pytest.raises(ValueError, match='two seeds'):
    estimates.contrast(samples, [1.0] * len(samples), 0.95)


POSITIVE = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=8).filter(
  lambda values: np.std(np.log(values)) > 1e-3
)


@pytest.fixture(scope='module')
def ratio(samples, only):
  """Returns the interval at 95 % of a ratio of two samples."""

  def interval(one, other):
    verdict = only(Ratio('a', 'b', '>=', 1.0), samples(a=one, b=other))
    return verdict.estimates[0].interval

  return interval


@settings(max_examples=40)
@given(POSITIVE, POSITIVE)
def test_a_ratio_is_scipys_difference_of_logarithms(ratio, one, other):
  got = ratio(one, other)
  assert got.value == pytest.approx(stats.gmean(one) / stats.gmean(other))
  test = stats.ttest_ind(np.log(one), np.log(other), equal_var=False)
  expected = test.confidence_interval(0.95)
  np.testing.assert_allclose(
    np.log((got.low, got.high)),
    (expected.low, expected.high),
    rtol=1e-6,
    atol=1e-9,
  )


def test_a_ratio_does_not_depend_on_the_unit(ratio):
  one, other = [0.4, 3.1, 9.9], [0.036, 0.038]
  got = ratio(one, other)
  times = [[1000 * value for value in sample] for sample in (one, other)]
  assert ratio(*times) == pytest.approx(got)
  turned = ratio(other, one)
  assert turned == pytest.approx((1 / got.value, 1 / got.high, 1 / got.low))


X = np.array([0.5, 0.8, 0.9, 0.98])
WEIGHTS = estimates.slope_weights(X)


def a_mean(rng):
  return [rng.normal(3, 2, 5)], [1.0]


def a_difference(rng):
  return [rng.normal(3, 2, 5), rng.normal(1, 0.3, 4)], [1.0, -1.0]


def a_slope(rng):
  """A hump, and scatter that grows along it."""
  seeds = [rng.normal(90 - 40 * (x - 0.8) ** 2, 0.2 + x**4, 5) for x in X]
  return seeds, WEIGHTS


def a_slope_of_differences(rng):
  """Means on a curve, and scatter that grows along it."""
  one = [rng.normal(90 - 40 * x**8, 0.2 + x, 5) for x in X]
  other = [rng.normal(90 - 60 * x**8, 0.2 + 3 * x**4, 5) for x in X]
  return [*one, *other], [*WEIGHTS, *(-w for w in WEIGHTS)]


# Of 2,000 draws at 95 % the share is within 1.5 points, three of its standard
# deviations; Welch's interval of few values is wider than it has to be.
@pytest.mark.parametrize(
  ('draw', 'truth', 'most'),
  [
    (a_mean, 3, 0.965),
    (a_difference, 2, 0.975),
    (a_slope, np.polyfit(X, 90 - 40 * (X - 0.8) ** 2, 1)[0], 0.975),
    (a_slope_of_differences, np.dot(WEIGHTS, 20 * X**8), 0.975),
  ],
)
def test_nineteen_contrasts_in_twenty_are_covered(draw, truth, most):
  rng = np.random.default_rng(0)
  intervals = [estimates.contrast(*draw(rng)) for _ in range(2000)]
  share = np.mean([low <= truth <= high for _, low, high in intervals])
  assert 0.935 <= share <= most


def test_nineteen_ratios_in_twenty_are_covered(ratio):
  """Of gradient norms, which differ by factors, and of what hardly differs."""
  rng = np.random.default_rng(0)
  intervals = [
    ratio(np.exp(rng.normal(0.5, 1.4, 5)), rng.normal(0.037, 0.0006, 5))
    for _ in range(1000)
  ]
  truth = math.exp(0.5) / 0.037
  share = np.mean([low <= truth <= high for _, low, high in intervals])
  assert 0.93 <= share <= 0.97  # Three standard deviations of 1,000 draws.
