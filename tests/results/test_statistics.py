import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jaxsparse.results import statistics as statistics_lib


def test_a_mean_and_its_deviation_are_shown_alike():
  assert statistics_lib.mean_and_std(96.703, None) == '96.70'
  assert statistics_lib.mean_and_std(96.703, 0.0) == '96.70 ± 0.00'
  assert statistics_lib.mean_and_std(-1.0, 0.5, '{:.3g}'.format) == '-1 ± 0.5'


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=8))
def test_of_a_mean_the_jackknife_gives_the_items_back(items):
  got = statistics_lib.jackknife(statistics.fmean, items)
  np.testing.assert_allclose(got, items, atol=1e-9)


def test_the_jackknife_of_a_product_by_hand():
  # 24 of all; 12, 8 and 6 without one each, 26 / 3 in the mean.
  got = statistics_lib.jackknife(math.prod, [2.0, 3.0, 4.0])
  expected = [24 + 2 * (26 / 3 - one) for one in (12, 8, 6)]
  assert got == pytest.approx(expected)
  assert statistics.fmean(got) == pytest.approx(24)


def test_the_jackknife_covers_a_smooth_statistic():
  """The log of a mean of five, skewed as gains are: near 95 %."""
  rng = np.random.default_rng(0)

  def covers():
    items = rng.lognormal(0.0, 0.4, 5).tolist()
    parts = statistics_lib.jackknife(
      lambda some: math.log(np.mean(some)), items
    )
    half = stats.t.ppf(0.975, 4) * np.std(parts, ddof=1) / math.sqrt(5)
    return abs(np.mean(parts) - 0.08) <= half  # The log of the mean, 0.4^2 / 2.

  assert 0.90 <= np.mean([covers() for _ in range(1000)]) <= 0.97


def test_the_jackknife_needs_three():
  with pytest.raises(ValueError, match='got 2 items; accepted is 3'):
    statistics_lib.jackknife(statistics.fmean, [1.0, 2.0])
