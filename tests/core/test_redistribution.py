"""Whole parts by Webster's method, and masks that move between leaves."""

import fractions

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.core import redistribution

LEAVES = 5
APPORTION = jax.jit(redistribution.apportion)


def apportioned(total, shares, room):
  return np.asarray(
    APPORTION(
      jnp.int32(total), jnp.array(shares, jnp.float32), jnp.array(room, int)
    )
  ).tolist()


def seats(total, shares, room):
  """Webster as it is counted at elections: seat by seat, exactly."""
  won = [0] * len(shares)
  for _ in range(total):
    free = [i for i, most in enumerate(room) if won[i] < most]
    voted = [i for i in free if shares[i]] or free
    votes = {
      i: fractions.Fraction(shares[i] or 1, 2 * won[i] + 1) for i in voted
    }
    won[max(votes, key=votes.get)] += 1
  return won


whole = st.lists(st.integers(0, 60), min_size=LEAVES, max_size=LEAVES)


@settings(deadline=None, max_examples=200)
@given(whole, whole, st.data())
def test_parts_are_websters(shares, room, data):
  """Shares of few digits: floats hold the quotients apart, ties the same."""
  total = data.draw(st.integers(0, sum(room)))
  if not any(shares):
    shares = [1] * LEAVES
  found = apportioned(total, shares, room)
  expected = seats(total, shares, room)
  assert sum(found) == total
  # Quotients that are equal may not be in float32: such seats may swap.
  assert all(abs(f - e) <= 1 for f, e in zip(found, expected, strict=True))
  levels = [shares[i] / (2 * n + 1) for i, n in enumerate(expected)]
  lost = [i for i in range(LEAVES) if found[i] < expected[i]]
  won = [i for i in range(LEAVES) if found[i] > expected[i]]
  for i, j in zip(lost, won, strict=True):
    swapped = shares[i] / (2 * found[i] + 1)
    np.testing.assert_allclose(swapped, levels[j], rtol=1e-6)


@settings(deadline=None, max_examples=100)
@given(
  st.lists(st.floats(0, 2.0**90, width=32), min_size=LEAVES, max_size=LEAVES),
  st.lists(st.integers(0, 2**28), min_size=LEAVES, max_size=LEAVES),
  st.floats(0, 1),
)
def test_totals_are_exact_and_caps_are_kept(shares, room, part):
  total = int(part * sum(room))
  found = apportioned(total, shares, room)
  assert sum(found) == total
  assert all(0 <= n <= most for n, most in zip(found, room, strict=True))


@pytest.mark.parametrize(
  ('total', 'shares', 'room', 'expected'),
  [
    (10, [1, 1, 2, 0, 1], [99] * 5, [2, 2, 4, 0, 2]),
    (10, [1, 1, 8, 0, 0], [99, 99, 3, 99, 99], [4, 3, 3, 0, 0]),
    (9, [0, 0, 1, 0, 0], [2, 2, 3, 2, 9], [2, 2, 3, 1, 1]),
    (5, [0] * 5, [9] * 5, [1] * 5),
    (5, [float('nan'), 1, 1, 1, 1], [9] * 5, [1] * 5),
    (0, [1] * 5, [9] * 5, [0] * 5),
    (25, [1, 0, 3, 9, 1], [5] * 5, [5] * 5),
  ],
)
def test_by_hand(total, shares, room, expected):
  assert apportioned(total, shares, room) == expected


def test_a_network_of_25_million_weights_loses_none():
  room = [23_000_001, 2_048_000, 9_408, 36_864, 1]
  total = sum(room) - 3
  found = apportioned(total, [0.3, 0.2, 0.1, 0.25, 0.15], room)
  assert sum(found) == total


def test_vmap_equals_a_loop():
  totals, room = jnp.arange(0, 40, 8, dtype=jnp.int32), jnp.full(5, 9)
  shares = jax.random.uniform(jax.random.key(0), (5, LEAVES))
  many = jax.jit(jax.vmap(redistribution.apportion, (0, 0, None)))(
    totals, shares, room
  )
  for row, total, share in zip(many, totals, shares, strict=True):
    assert row.tolist() == apportioned(total, share, room)


def test_the_mean_over_active_weights():
  masks = {
    'a': jnp.array([[True, False], [True, True]]),
    'b': jnp.zeros(3, bool),
    'c': None,
  }
  tree = {
    'a': jnp.array([[-1.0, 50.0], [2.0, -6.0]]),
    'b': jnp.ones(3),
    'c': jnp.ones(2),
  }
  found = redistribution.mean_of_active(tree, masks)
  assert found == {'a': 3.0, 'b': 0.0, 'c': None}


def test_leaves_drop_alone_and_grow_by_share():
  """Half of 4 and of 8 goes; of those 6, a third and two thirds come back."""
  random = np.random.default_rng(0)
  drawn = {
    name: random.permutation(24).reshape(4, 6).astype(np.float32)
    for name in 'abcd'
  }
  masks = {'a': jnp.array(drawn['a'] < 4), 'b': jnp.array(drawn['b'] < 8)}
  drop = {'a': drawn['c'], 'b': drawn['d']}
  grow = {'a': drawn['d'], 'b': drawn['c']}
  shares = {'a': jnp.float32(0.1), 'b': jnp.float32(0.2)}
  found = jax.jit(redistribution.drop_and_grow_shared)(
    masks, drop, grow, 0.5, shares
  )
  for name, kept, grown in (('a', 2, 2), ('b', 4, 4)):
    mask = np.asarray(masks[name]).ravel()
    order = np.argsort(-np.where(mask, drop[name].ravel(), -1))
    stay = order[:kept]
    rest = np.setdiff1d(np.arange(24), stay)
    come = rest[np.argsort(-grow[name].ravel()[rest])][:grown]
    expected = np.union1d(stay, come)
    np.testing.assert_array_equal(np.flatnonzero(found[name]), expected)


def test_no_masked_leaf_is_nothing_to_do():
  none = {'a': None}
  found = redistribution.grow_shared(none, none, {'a': jnp.ones(3)}, none)
  assert found == none


def test_more_weights_than_an_int32_counts_are_refused():
  """Each leaf could be counted; their sum could not."""
  masks = {n: jax.ShapeDtypeStruct((2**15, 2**15), bool) for n in 'ab'}
  scores = {n: jax.ShapeDtypeStruct((2**15, 2**15), jnp.float32) for n in 'ab'}
  shares = dict.fromkeys('ab', jax.ShapeDtypeStruct((), jnp.float32))
  with pytest.raises(ValueError, match='2,147,483,648 weights in all'):
    jax.eval_shape(redistribution.grow_shared, masks, masks, scores, shares)
