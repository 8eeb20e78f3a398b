"""Intervals against hand-worked numbers, SciPy's, and their own promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from jaxsparse.claims import Ratio, estimates, verdicts
from jaxsparse.claims.estimates import Sample
from jaxsparse.results.rows import Row

NUMBERS = st.lists(
  st.floats(-1e3, 1e3, allow_subnormal=False), min_size=2, max_size=8
)


def spread(values):
  """Whether rounding is far from all there is to a sample's variance."""
  return np.ptp(values) > 1e-3


def test_a_mean_by_hand():
  # Mean 2, variance 1, three values: 2 ± 4.302653 / sqrt(3).
  got = estimates.contrast([[1.0, 2.0, 3.0]], [1.0], 0.95)
  half = 4.302652729911275 / math.sqrt(3)
  assert got == pytest.approx((2.0, 2.0 - half, 2.0 + half))


def test_a_difference_by_hand():
  # Variances 1 and 4 of three values each: 1/3 + 4/3 = 5/3, with
  # (5/3)^2 / ((1/3)^2 / 2 + (4/3)^2 / 2) = 50/17 degrees of freedom.
  got = estimates.contrast([[4.0, 5.0, 6.0], [0.0, 2.0, 4.0]], [1, -1], 0.95)
  half = stats.t.ppf(0.975, 50 / 17) * math.sqrt(5 / 3)
  assert got == pytest.approx((3.0, 3.0 - half, 3.0 + half))


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


def test_one_constant_sample_takes_its_freedom_from_the_other():
  got = estimates.contrast([[5.0] * 4, [1.0, 2.0, 3.0]], [1, -1], 0.95)
  half = stats.t.ppf(0.975, 2) / math.sqrt(3)
  assert got == pytest.approx((3.0, 3.0 - half, 3.0 + half))


@pytest.mark.parametrize('samples', [[[]], [[1.0]], [[1.0, 2.0], [1.0]]])
def test_one_value_has_no_interval(samples):
  with pytest.raises(ValueError, match='two values'):
    estimates.contrast(samples, [1.0] * len(samples), 0.95)


POSITIVE = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=8).filter(
  lambda values: np.std(np.log(values)) > 1e-3
)


def ratio(one, other):
  """The interval at 95 % of a claim on two runs."""
  samples = {
    Row(run): Sample(tuple(values), len(values))
    for run, values in (('a', one), ('b', other))
  }
  (verdict,) = verdicts.judge(Ratio('a', 'b', '>=', 1.0), samples)
  return verdict.estimates[0].interval


@settings(max_examples=40)
@given(POSITIVE, POSITIVE)
def test_a_ratio_is_scipys_difference_of_logarithms(one, other):
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


def test_a_ratio_does_not_depend_on_the_unit():
  one, other = [0.4, 3.1, 9.9], [0.036, 0.038]
  got = ratio(one, other)
  times = [[1000 * value for value in sample] for sample in (one, other)]
  assert ratio(*times) == pytest.approx(got)
  turned = ratio(other, one)
  assert turned == pytest.approx((1 / got.value, 1 / got.high, 1 / got.low))


def coverage(interval, truth, draws=2000):
  """The share of `draws` intervals that hold the truth."""
  rng = np.random.default_rng(0)
  found = [interval(rng) for _ in range(draws)]
  return np.mean([low <= truth <= high for _, low, high in found])


# Of 2,000 draws at 95 % the share is within 1.5 points, three of its standard
# deviations; Welch's interval of few values is wider than it has to be.
def test_nineteen_means_in_twenty_are_covered():
  got = coverage(
    lambda rng: estimates.contrast([rng.normal(3, 2, 5)], [1.0], 0.95), 3
  )
  assert 0.935 <= got <= 0.965


def test_nineteen_differences_in_twenty_are_covered():
  got = coverage(
    lambda rng: estimates.contrast(
      [rng.normal(3, 2, 5), rng.normal(1, 0.3, 4)], [1.0, -1.0], 0.95
    ),
    2,
  )
  assert 0.935 <= got <= 0.975


def test_nineteen_slopes_in_twenty_are_covered():
  x = [0.5, 0.8, 0.9, 0.98]
  weights = estimates.slope_weights(x)

  def draw(rng):
    # A hump, and scatter that grows along it.
    seeds = [rng.normal(90 - 40 * (a - 0.8) ** 2, 0.2 + a**4, 5) for a in x]
    return estimates.contrast(seeds, weights, 0.95)

  truth = np.polyfit(x, [90 - 40 * (a - 0.8) ** 2 for a in x], 1)[0]
  assert 0.935 <= coverage(draw, truth) <= 0.975


def test_nineteen_slopes_of_differences_in_twenty_are_covered():
  x = [0.5, 0.8, 0.9, 0.98]
  weights = estimates.slope_weights(x)

  def draw(rng):
    # Means on a curve, and scatter that grows along it.
    one = [rng.normal(90 - 40 * a**8, 0.2 + a, 5) for a in x]
    other = [rng.normal(90 - 60 * a**8, 0.2 + 3 * a**4, 5) for a in x]
    signed = [*weights, *(-w for w in weights)]
    return estimates.contrast([*one, *other], signed, 0.95)

  truth = sum(w * 20 * a**8 for w, a in zip(weights, x, strict=True))
  assert 0.935 <= coverage(draw, truth) <= 0.975


def test_nineteen_ratios_in_twenty_are_covered():
  """Of gradient norms, which differ by factors, and of what hardly differs."""

  def draw(rng):
    one = np.exp(rng.normal(0.5, 1.4, 5))
    return ratio(one, rng.normal(0.037, 0.0006, 5))

  got = coverage(draw, math.exp(0.5) / 0.037, draws=1000)
  assert 0.93 <= got <= 0.97  # Three standard deviations of 1,000 draws.
