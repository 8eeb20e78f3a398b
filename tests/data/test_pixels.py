import numpy as np
import pytest

from jaxsparse.core import prng
from jaxsparse.data import pixels
from jaxsparse.data.augmentations import crop, flip
from jaxsparse.data.pixels import Pixels

IMAGES = np.random.default_rng(0).random((4, 3, 5, 3), np.float32)


def test_the_default_leaves_images_as_they_are():
  assert pixels.normalised(IMAGES, Pixels(1 / 255)) is IMAGES


def test_mean_and_std_by_channel():
  how = Pixels(1.0, mean=(0.5, 0.25, 0.125), std=(2.0, 4.0, 8.0))
  got = pixels.normalised(IMAGES, how)
  for c in range(3):
    expected = (IMAGES[..., c] - how.mean[c]) / how.std[c]
    np.testing.assert_allclose(got[..., c], expected, rtol=1e-6, atol=1e-7)


def test_one_mean_for_all_channels():
  got = pixels.normalised(IMAGES, Pixels(1.0, mean=(0.5,)))
  np.testing.assert_array_equal(got, IMAGES - np.float32(0.5))


def test_each_image_by_itself():
  batch = np.concatenate([IMAGES, np.full((1, 3, 5, 3), 0.7, np.float32)])
  got = np.asarray(pixels.normalised(batch, Pixels(1.0, standardize=True)))
  for image, new in zip(IMAGES, got, strict=False):
    wide = image.astype(np.float64)
    expected = (wide - wide.mean()) / wide.std()
    np.testing.assert_allclose(new, expected, rtol=1e-5, atol=1e-6)
  # One colour: the deviation counts as 1 / sqrt(45), so rounding stays small.
  np.testing.assert_allclose(got[-1], 0, atol=1e-5)


@pytest.mark.parametrize(
  ('fields', 'expected'),
  [
    ({'mean': (0.5, 0.5)}, 'mean has 2 numbers; accepted are none, one or 3'),
    ({'std': (1.0,) * 4}, 'std has 4 numbers'),
    ({'std': (1.0, 0.0, 1.0)}, 'accepted are numbers > 0'),
  ],
)
def test_numbers_that_do_not_fit(fields, expected):
  with pytest.raises(ValueError, match=expected):
    pixels.check(Pixels(1.0, **fields), 3)


def test_augmentations_go_in_order_each_with_its_own_stream(key):
  def padded(images, key):
    return crop(images, key, padding=1)

  got = pixels.augmented(IMAGES, key, {'crop': padded, 'flip': flip})
  by_hand = flip(
    padded(IMAGES, prng.stream(key, 'crop')), prng.stream(key, 'flip')
  )
  np.testing.assert_array_equal(got, by_hand)
  turned = pixels.augmented(IMAGES, key, {'flip': flip, 'crop': padded})
  assert np.any(np.asarray(turned) != np.asarray(by_hand))
  assert pixels.augmented(IMAGES, key, {}) is IMAGES
