"""Each image of an augmented batch is found among all that it could become."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.data import resizing
from jaxsparse.data.augmentations import crop, cutout, flip, resized_crop

HEIGHT, WIDTH = 5, 7


def images(count):
  """No two pixels of an image are equal."""
  size = HEIGHT * WIDTH * 2
  shape = (count, HEIGHT, WIDTH, 2)
  rows = np.stack(
    [np.random.default_rng(i).permutation(size) + 1 for i in range(count)]
  )
  return rows.reshape(shape).astype(np.float32)


@pytest.mark.parametrize(
  ('fill', 'mode'), [('reflect', 'reflect'), ('zeros', 'constant')]
)
def test_crops_are_windows_of_the_padded_image(key, fill, mode):
  batch = images(600)
  got = np.asarray(crop(batch, key, padding=2, fill=fill))
  assert got.shape == batch.shape
  places = {}
  for image, new in zip(batch, got, strict=True):
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode=mode)
    (place,) = [
      (i, j)
      for i, j in itertools.product(range(5), repeat=2)
      if np.array_equal(padded[i : i + HEIGHT, j : j + WIDTH], new)
    ]
    places[place] = places.get(place, 0) + 1
  # 24 each are expected; six standard deviations are 29.
  assert len(places) == 25
  assert max(places.values()) < 53


def test_flips_mirror_half_of_the_images(key):
  batch = images(1000)
  got = np.asarray(flip(batch, key))
  mirrored = [
    np.array_equal(n, o[:, ::-1]) for n, o in zip(got, batch, strict=True)
  ]
  as_was = [np.array_equal(n, o) for n, o in zip(got, batch, strict=True)]
  assert np.all(np.array(mirrored) ^ np.array(as_was))
  assert 420 < sum(mirrored) < 580


@pytest.mark.parametrize('size', [1, 2, 3, 20])
def test_cutout_removes_a_square_about_a_pixel(key, size):
  batch = images(900)
  got = np.asarray(cutout(batch, key, size=size))
  # As in the paper's code: the square goes from c - size // 2, cut at edges.
  holes = {}
  for y, x in itertools.product(range(HEIGHT), range(WIDTH)):
    kept = np.ones((HEIGHT, WIDTH))
    top, left = y - size // 2, x - size // 2
    kept[max(top, 0) : top + size, max(left, 0) : left + size] = 0
    holes.setdefault(kept.tobytes(), []).append((y, x))
  found = {}
  for image, new in zip(batch, got, strict=True):
    kept = (new != 0).all(-1)
    assert np.array_equal(new, image * kept[..., None])
    hole = kept.astype(float).tobytes()
    found[hole] = found.get(hole, 0) + 1
  assert found.keys() == holes.keys()
  share = 900 / (HEIGHT * WIDTH)
  for hole, count in found.items():
    expected = share * len(holes[hole])
    assert abs(count - expected) <= 5.5 * expected**0.5


@pytest.mark.parametrize(
  'augmentation', [crop, flip, functools.partial(cutout, size=3)]
)
def test_draws_hang_on_the_key_alone(key, augmentation):
  batch = images(40)
  got = augmentation(batch, key)
  assert got.dtype == jnp.float32
  np.testing.assert_array_equal(jax.jit(augmentation)(batch, key), got)
  keys = jnp.stack([jax.random.key(9), key])
  both = jax.vmap(augmentation)(np.stack([batch, batch]), keys)
  np.testing.assert_array_equal(both[1], got)
  assert np.any(np.asarray(both[0]) != np.asarray(got))


def test_parts_of_images_are_resized_to_the_whole(key):
  batch = images(40)
  got = jax.jit(functools.partial(resized_crop, min_area=0.3))(batch, key)
  draw = functools.partial(resizing.random_boxes, min_area=0.3)
  boxes = np.asarray(
    jax.jit(draw, static_argnums=(1, 2, 3))(key, 40, HEIGHT, WIDTH)
  )
  assert len(np.unique(boxes, axis=0)) > 20
  areas = np.prod(boxes[:, 2:], axis=1) / (HEIGHT * WIDTH)
  assert 0.2 < areas.min() < areas.max() <= 1
  assert got.shape == batch.shape
  for image, new, (top, left, h, w) in zip(batch, got, boxes, strict=True):
    inside = image[top : top + h, left : left + w]
    assert inside.min() <= new.min() < new.max() <= inside.max()
    # Corners are those of the part: nothing lies beyond them.
    corners = inside[:: max(h - 1, 1), :: max(w - 1, 1)][:2, :2]
    np.testing.assert_allclose(new[:: HEIGHT - 1, :: WIDTH - 1], corners)


def test_parts_hang_on_the_key_alone(key):
  batch, other = images(20), jax.random.key(9)
  got = jax.jit(resized_crop)(batch, key)
  assert got.dtype == jnp.float32
  keys = jnp.stack([other, key])
  both = jax.jit(jax.vmap(resized_crop))(np.stack([batch, batch]), keys)
  np.testing.assert_allclose(both[1], got, rtol=1e-5)
  assert np.max(np.abs(both[0] - got)) > 1


@pytest.mark.parametrize(
  ('augmentation', 'options', 'expected'),
  [
    (crop, {'padding': 0}, 'padding is 0; accepted is >= 1'),
    (crop, {'padding': 5}, 'less than the side of an image of 5x7'),
    (crop, {'fill': 'mirror'}, "fill is 'mirror'; accepted are reflect, zeros"),
    (cutout, {'size': 0}, 'size is 0; accepted is >= 1'),
    (resized_crop, {'min_area': 0.0}, r'min_area is 0.0; accepted is \(0, 1'),
    (resized_crop, {'min_area': 1.1}, 'min_area is 1.1'),
  ],
)
def test_options_out_of_range(key, augmentation, options, expected):
  with pytest.raises(ValueError, match=expected):
    augmentation(images(2), key, **options)


def test_zeros_may_be_wider_than_the_image(key):
  got = np.asarray(crop(images(9), key, padding=9, fill='zeros'))
  assert np.any(got == 0)


@pytest.mark.parametrize('augment', [crop, cutout, flip, resized_crop])
def test_draws_are_the_same_under_x64(key, augment):
  batch, augment = jnp.asarray(images(20)), jax.jit(augment)
  expected = augment(batch, key)
  with jax.enable_x64(True):
    got = augment(batch, key)
  assert got.dtype == expected.dtype
  np.testing.assert_array_equal(got, expected)
