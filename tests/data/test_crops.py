import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.data import crops

sides = st.integers(1, 500)


def test_draws_are_a_function_of_seed_and_step():
  one = crops.draws((3, 7), 5, 4)
  assert one.shape == (4, 10, 4)
  np.testing.assert_array_equal(crops.draws((3, 7), 5, 4), one)
  # A smaller batch sees the beginning of the same.
  np.testing.assert_array_equal(crops.draws((3, 7), 5, 2), one[:2])
  for words, step in [((3, 7), 6), ((4, 7), 5), ((3,), 5), ((3, 7, 0), 5)]:
    assert np.all(crops.draws(words, step, 4) != one)


def test_draws_are_uniform():
  found = crops.draws((1,), 0, 2000).ravel()
  assert found.min() >= 0
  assert found.max() < 1
  counts = np.histogram(found, bins=16, range=(0, 1))[0]
  # 5,000 in each are expected, with a deviation of 68.
  assert np.all(np.abs(counts - 5000) < 350)


def test_draws_stay_what_they_are():
  """A resumed run must see what it would have seen: these were drawn once."""
  found = crops.draws((1, 2), 3, 1)[0, 0]
  pinned = [
    0.24268470833090638,
    0.6692534355921954,
    0.7655400597012926,
    0.7570264722106717,
  ]
  assert found.tolist() == pinned


@given(sides, sides, st.integers(0, 100))
def test_a_random_box_lies_within_the_image(height, width, step):
  (draws,) = crops.draws((9,), step, 1)
  left, upper, right, lower = crops.random_box(draws, height, width)
  assert 0 <= left < right <= width
  assert 0 <= upper < lower <= height


def test_random_boxes_have_the_areas_and_ratios_of_the_paper():
  boxes = np.array(
    [crops.random_box(d, 400, 400) for d in crops.draws((2,), 0, 3000)]
  )
  w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
  area, ratio = w * h / 400**2, w / h
  assert area.min() > 0.079
  assert ratio.min() > 0.74
  assert ratio.max() < 1.35
  # Few tries fail in a square, so areas are nearly uniform below 3/4.
  low = np.mean(area < 0.4)
  assert abs(low / np.mean(area < 0.72) - 0.5) < 0.04
  # And what is left beside a box is on either side as often.
  free = 400 - w
  shares = boxes[free > 50, 0] / free[free > 50]
  assert abs(shares.mean() - 0.5) < 0.03
  assert shares.min() < 0.02
  assert shares.max() > 0.98


@pytest.mark.parametrize(
  ('height', 'width', 'box'),
  [
    (30, 3000, (1480, 0, 1520, 30)),
    (3000, 30, (0, 1480, 30, 1520)),
  ],
)
def test_a_long_image_gives_the_most_about_its_centre(height, width, box):
  draws = np.ones((10, 4)) - 1e-9  # As large as can be.
  assert crops.random_box(draws, height, width) == pytest.approx(box)


def test_the_centre():
  assert crops.centre_box(256, 256) == (16, 16, 240, 240)
  assert crops.centre_box(256, 356) == (66, 16, 290, 240)
