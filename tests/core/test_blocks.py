"""Leaves as blocks: what is in a row, and back again."""

import numpy as np
import pytest

from jaxsparse.core import blocks, fans


def _numbered(shape):
  return np.arange(np.prod(shape), dtype=np.int32).reshape(shape)


@pytest.mark.parametrize(
  ('rule', 'shape', 'units'),
  [
    (fans.flax, (3, 2, 4, 5), lambda leaf, i, j: leaf[:, :, i, j]),
    (fans.flax, (4, 5), lambda leaf, i, j: leaf[i, j]),
    (fans.equinox, (4, 5, 3, 2), lambda leaf, i, j: leaf[i, j]),
  ],
)
def test_a_slice_has_the_taps_of_two_units(rule, shape, units):
  leaf = _numbered(shape)
  found = blocks.slices(rule)
  rows = np.asarray(found.split('w', leaf))
  expected = [np.ravel(units(leaf, *at)) for at in np.ndindex(4, 5)]
  np.testing.assert_array_equal(rows, expected)
  np.testing.assert_array_equal(found.join('w', rows, shape), leaf)


def test_a_tile_has_neighbours_of_the_last_two_axes():
  leaf = _numbered((3, 4, 6))
  found = blocks.tiles(2, 3)
  rows = np.asarray(found.split('w', leaf))
  expected = [
    leaf[tap, i : i + 2, j : j + 3].ravel()
    for tap in range(3)
    for i in (0, 2)
    for j in (0, 3)
  ]
  np.testing.assert_array_equal(rows, expected)
  np.testing.assert_array_equal(found.join('w', rows, leaf.shape), leaf)
