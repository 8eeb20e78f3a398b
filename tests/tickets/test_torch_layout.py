"""Layouts, against an index by index copy."""

import itertools

import numpy as np
import pytest

from jaxsparse.tickets.torch_layout import (
  flattened_channels,
  in_flax,
  leaf_names,
)


def test_a_convolution_has_its_outputs_last():
  weight = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
  kernel = in_flax(weight)
  assert kernel.shape == (4, 5, 3, 2)
  for o, i, h, w in np.ndindex(weight.shape):
    assert kernel[h, w, i, o] == weight[o, i, h, w]


def test_flattened_images_have_their_channels_last():
  channels, height, width, units = 3, 2, 4, 5
  weight = np.random.default_rng(0).normal(size=(units, 24))
  kernel = in_flax(weight, channels)
  places = itertools.product(range(channels), range(height), range(width))
  for theirs, (c, h, w) in enumerate(places):
    ours = (h * width + w) * channels + c
    np.testing.assert_array_equal(kernel[ours], weight[:, theirs])


@pytest.mark.parametrize(
  ('shapes', 'inputs', 'expected'),
  [
    ({'a': (64, 16), 'b': (16, 10)}, (1, 8, 8, 1), {'a': 1}),
    ({'a': (192, 16), 'b': (16, 10)}, (1, 8, 8, 3), {'a': 3}),
    ({'a': (3, 3, 1, 6), 'b': (6,), 'c': (54, 10)}, (1, 8, 8, 1), {'c': 6}),
    # Averaged over the image, one number a channel is left.
    ({'a': (3, 3, 1, 6), 'b': (6, 10)}, (1, 8, 8, 1), {}),
    ({'a': (64, 32), 'b': (64, 10)}, (1, 1, 1, 64), {}),
    ({'a': (256, 32)}, (1, 16), {}),
  ],
)
def test_which_kernels_take_flattened_images(shapes, inputs, expected):
  assert flattened_channels(shapes, inputs) == expected


def test_names_follow_the_order_of_use():
  names = ['conv.weight', 'norm.weight', 'norm.bias', 'fc.weight', 'fc.bias']
  leaves = [
    *('Conv_0/kernel', 'Norm_0/scale', 'Norm_0/bias'),
    *('Dense_0/kernel', 'Dense_0/bias'),
  ]
  assert leaf_names(names, leaves, {}) == dict(zip(names, leaves, strict=True))
  with pytest.raises(ValueError, match='as many, or --map'):
    leaf_names(names[1:], leaves, {})
