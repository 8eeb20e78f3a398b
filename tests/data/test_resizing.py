"""Parts of images: drawn as on the host, and resized as Pillow does it."""

import jax
import numpy as np
import pytest
from PIL import Image

from jaxsparse.data import crops, resizing


def pillow(image, box):
  """The part of an image [h, w, c] in a box, as large as the image."""
  top, left, height, width = (int(side) for side in box)
  channels = [
    np.asarray(
      Image.fromarray(channel)
      .crop((left, top, left + width, top + height))
      .resize(channel.shape[::-1], Image.Resampling.BILINEAR)
    )
    for channel in np.moveaxis(image, -1, 0)
  ]
  return np.stack(channels, axis=-1)


@pytest.mark.parametrize(('height', 'width'), [(9, 9), (5, 12)])
def test_parts_are_resized_as_pillow_does_it(height, width):
  rng = np.random.default_rng(height)
  boxes = []
  for _ in range(40):
    h, w = rng.integers(1, height + 1), rng.integers(1, width + 1)
    top, left = rng.integers(height - h + 1), rng.integers(width - w + 1)
    boxes.append((top, left, h, w))
  boxes += [(0, 0, height, width), (2, 3, 1, 1)]
  shape = (len(boxes), height, width, 2)
  images = rng.normal(size=shape).astype(np.float32)
  got = resizing.resized(images, np.array(boxes, np.int32))
  expected = [
    pillow(image, box) for image, box in zip(images, boxes, strict=True)
  ]
  np.testing.assert_allclose(got, np.stack(expected), atol=1e-5)
  np.testing.assert_array_equal(got[-2], images[-2])
  np.testing.assert_array_equal(got[-1, 0, 0], images[-1, 2, 3])


def drawn(count, height, width, **options):
  options = {'min_area': 0.08} | options
  key = jax.random.key(3)
  return np.asarray(resizing.random_boxes(key, count, height, width, **options))


def test_boxes_are_spread_as_those_of_the_host():
  count = 6000
  ours = drawn(count, 32, 40)
  corners = np.array(
    [crops.random_box(d, 32, 40) for d in crops.draws((4,), 0, count)]
  )
  left, top, right, lower = corners.T
  theirs = np.stack([top, left, lower - top, right - left], axis=1)
  for number in range(5):
    # The sides of boxes, then their areas.
    one, other = (
      np.append(boxes, boxes[:, 2:].prod(1, keepdims=True), axis=1)[:, number]
      for boxes in (ours, theirs)
    )
    edges = np.unique(np.quantile(other, np.linspace(0, 1, 11)))
    found, expected = (
      np.histogram(values, [*edges[:-1], np.inf])[0] for values in (one, other)
    )
    # A count's deviation is its root at most.
    apart = np.abs(found - expected) / np.sqrt(found + expected)
    assert apart.max() < 4.5
  assert (ours >= [0, 0, 1, 1]).all()
  assert (ours[:, :2] + ours[:, 2:] <= [32, 40]).all()


def test_where_no_part_fits_the_centre_is_taken():
  # 8 % of 4 x 100 pixels, at a ratio of 4:3, are 4.9 high.
  np.testing.assert_array_equal(drawn(20, 4, 100), [[0, 47, 4, 5]] * 20)
  np.testing.assert_array_equal(drawn(20, 100, 4), [[47, 0, 5, 4]] * 20)


def test_all_of_the_area_of_a_square_is_the_square():
  found = drawn(300, 32, 32, min_area=1.0)
  np.testing.assert_array_equal(found, [[0, 0, 32, 32]] * 300)
