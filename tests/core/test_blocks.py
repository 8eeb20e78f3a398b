"""Leaves as blocks: what is in a row, and back again."""

import jax
import numpy as np
import pytest

from jaxsparse.core import blocks, fans

KEEP, FILL = jax.jit(blocks.keep), jax.jit(blocks.fill)


def _numbered(shape):
  return np.arange(np.prod(shape), dtype=np.int32).reshape(shape)


@pytest.mark.parametrize(
  ('rule', 'shape', 'units'),
  [
    (fans.flax, (3, 3, 4, 5), lambda leaf, i, j: leaf[:, :, i, j]),
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


def test_a_tile_has_neighbouring_inputs_and_outputs_of_one_tap():
  leaf = _numbered((3, 4, 6))
  found = blocks.tiles(2, 3, fans.by_name)
  rows = np.asarray(found.split('conv', leaf))
  expected = [
    leaf[tap, i : i + 2, j : j + 3].ravel()
    for tap in range(3)
    for i in (0, 2)
    for j in (0, 3)
  ]
  np.testing.assert_array_equal(rows, expected)
  np.testing.assert_array_equal(found.join('conv', rows, leaf.shape), leaf)


def _filled(held, scores, count):
  """Block after block, by hand: new ones first, then those held in part."""
  size = held.shape[1]
  order = np.argsort(-scores.mean(axis=1))
  there = held.any(axis=1)
  new = [b for b in order if not there[b]]
  new = new[: max(-(-count // size) - there.sum(), 0)]
  mask = held.copy()
  for b in [*new, *(b for b in order if there[b])]:
    free = np.flatnonzero(~mask[b])
    mask[b, free[: count - mask.sum()]] = True
  return mask


@pytest.mark.parametrize('density', [0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize('seed', [0, 1])
def test_blocks_that_are_held_in_part_are_filled_by_score(density, seed):
  """Masks of another structure: what growth adds never goes by place."""
  random = np.random.default_rng(seed)
  held = random.random((24, 6)) < density
  # Half of the blocks are not there at all.
  held[random.permutation(24)[: 12 * seed]] = False
  scores = random.permutation(144).reshape(24, 6).astype(np.float32)
  count = min(int(held.sum()) + 17, 144)
  mask = FILL(held, scores, np.int32(count))
  expected = _filled(held, scores, count)
  assert expected.sum() == count
  np.testing.assert_array_equal(mask, expected)


def test_a_block_that_is_held_in_part_is_dropped_as_one():
  random = np.random.default_rng(0)
  held = random.random((24, 6)) < 0.4
  scores = random.random((24, 6)).astype(np.float32)
  sums = np.where(held, scores, 0).sum(axis=1)
  there = np.flatnonzero(held.any(axis=1))
  expected = held.copy()
  expected[there[np.argsort(sums[there])][: 20 // 6]] = False
  np.testing.assert_array_equal(KEEP(held, scores, np.int32(20)), expected)
