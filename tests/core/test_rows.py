"""Kernels by unit, and rows filled alike."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.core import fans, rows

FILL = jax.jit(rows.fill)
ROWS, WIDTH = 6, 9


@pytest.mark.parametrize(
  ('shape', 'axes', 'expected'),
  [
    ((4, 5), fans.Axes((0,), (1,)), lambda x: x.T),
    ((5, 4), fans.Axes((1,), (0,)), lambda x: x),
    ((3, 3, 2, 4), fans.Axes((2,), (3,)), lambda x: x.reshape(18, 4).T),
    ((4, 2, 3, 3), fans.Axes((1,), (0,)), lambda x: x.reshape(4, 18)),
    ((6, 2, 4), fans.Axes((0,), (1, 2)), lambda x: x.reshape(6, 8).T),
    ((2, 4, 6), fans.Axes((0, 1), (2,)), lambda x: x.reshape(8, 6).T),
  ],
)
def test_a_row_is_what_enters_a_unit(shape, axes, expected):
  kernel = np.arange(np.prod(shape)).reshape(shape)
  found = rows.by_unit(jnp.asarray(kernel), axes)
  np.testing.assert_array_equal(found, expected(kernel))
  back = rows.from_units(found, shape, axes)
  np.testing.assert_array_equal(back, kernel)


def test_top_of_rows(key):
  random = np.random.default_rng(0)
  scores = random.permutation(ROWS * WIDTH).reshape(ROWS, WIDTH)
  where = random.random((ROWS, WIDTH)) < 0.7
  counts = np.array([0, 1, 2, 3, 9, 4], np.int32)
  found = jax.jit(rows.topk_of_rows)(
    jnp.asarray(scores, jnp.float32), counts, where
  )
  for row, score, n, allowed in zip(found, scores, counts, where, strict=True):
    order = sorted(range(WIDTH), key=lambda i: (not allowed[i], -score[i]))
    assert set(np.flatnonzero(row)) == set(order[:n])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(0, ROWS * WIDTH))
def test_rows_are_filled_alike_and_by_score(seed, most):
  """Round by round, by hand: nobody is ahead of their part."""
  random = np.random.default_rng(seed)
  stay = random.random(ROWS) < 0.8
  stay[0] = True
  count = min(most, int(stay.sum()) * WIDTH)
  part = -(-count // int(stay.sum()))
  scores = random.permutation(ROWS * WIDTH).reshape(ROWS, WIDTH)
  kept = np.zeros((ROWS, WIDTH), bool)
  for row in np.flatnonzero(stay):
    kept[row, random.permutation(WIDTH)[: random.integers(0, part + 1)]] = True
  while kept.sum() > count:
    kept[tuple(np.argwhere(kept)[0])] = False
  found = np.asarray(
    FILL(kept, jnp.asarray(scores, jnp.float32), jnp.int32(count), stay)
  )
  assert found.sum() == count
  assert (found >= kept).all()
  assert not found[~stay].any()
  offered = []
  for row in np.flatnonzero(stay):
    room = part - kept[row].sum()
    free = [i for i in range(WIDTH) if not kept[row, i]]
    best = sorted(free, key=lambda i: -scores[row, i])[:room]
    offered += [(scores[row, i], row, i) for i in best]
  chosen = sorted(offered, reverse=True)[: count - kept.sum()]
  expected = kept.copy()
  for _, row, i in chosen:
    expected[row, i] = True
  np.testing.assert_array_equal(found, expected)


def test_a_row_over_its_part_keeps_what_it_has():
  kept = np.zeros((3, 4), bool)
  kept[0] = True
  scores = jnp.ones((3, 4))
  found = FILL(kept, scores, jnp.int32(6), np.ones(3, bool))
  np.testing.assert_array_equal(found.sum(axis=1), [4, 2, 0])
