"""The drop-and-grow engine against a plain-Python reading of the rule."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.core import drop_grow

_update = jax.jit(drop_grow.drop_and_grow)


@pytest.fixture(autouse=True)
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def _oracle(mask, drop, grow, dropped):
  """Sorts index lists; equal scores go to the lower index, kept or grown."""
  places = range(mask.size)
  active = [i for i in places if mask[i]]
  kept = sorted(active, key=lambda i: (-drop[i], i))[: len(active) - dropped]
  rest = [i for i in places if i not in kept]
  grown = sorted(rest, key=lambda i: (-grow[i], i))[:dropped]
  return [i in kept or i in grown for i in places], kept, grown


def test_drop_and_grow_by_hand():
  """Six weights, four active, f = 0.5: drop places 0 and 3, grow 0 and 5."""
  mask = jnp.array([[True, True, True], [True, False, False]])
  drop = jnp.array([[0.1, 3.0, 2.0], [0.2, 0.0, 0.0]])
  grow = jnp.array([[5.0, 9.0, 9.0], [1.0, 2.0, 6.0]])
  new = drop_grow.drop_and_grow({'k': mask}, {'k': drop}, {'k': grow}, 0.5)
  np.testing.assert_array_equal(
    new['k'], [[True, True, True], [False, False, True]]
  )
  params = {'k': jnp.array([[0.1, 3.0, -2.0], [0.2, 0.0, 0.0]])}
  after = drop_grow.carry_over(params, {'k': mask}, new)
  # 0.1 was dropped and grown: left alone. 0.2 was dropped, place 5 is new.
  np.testing.assert_allclose(after['k'], [[0.1, 3, -2], [0, 0, 0]])


@given(
  st.lists(
    st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 9)),
    min_size=24,
    max_size=24,
  ),
  st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.9, 1.0]),
)
def test_drop_and_grow_equals_sorting(entries, fraction):
  mask, drop, grow = (np.array(column) for column in zip(*entries, strict=True))
  dropped = math.floor(np.float32(fraction) * np.float32(mask.sum()))
  expected, kept, grown = _oracle(mask, drop, grow, dropped)
  found = _update(
    {'k': jnp.asarray(mask)},
    {'k': jnp.asarray(drop, jnp.float32)},
    {'k': jnp.asarray(grow, jnp.float32)},
    fraction,
  )['k']
  np.testing.assert_array_equal(found, expected)
  assert int(found.sum()) == mask.sum()
  assert len(kept) == mask.sum() - dropped
  assert len(grown) == dropped


def test_inactive_weights_are_never_kept():
  """Active weights of magnitude 0 come before inactive ones of any score."""
  mask = jnp.array([True, True, True, False, False, False])
  drop = jnp.array([0.0, 0.0, 0.0, 5.0, 6.0, 7.0])
  grow = jnp.array([0.0, 0.0, 0.0, 1.0, 3.0, 2.0])
  new = drop_grow.drop_and_grow({'k': mask}, {'k': drop}, {'k': grow}, 0.34)
  np.testing.assert_array_equal(new['k'], [1, 1, 0, 0, 1, 0])


@pytest.mark.parametrize('active', [0, 8])
def test_empty_and_full_leaves_stay_as_they_are(active):
  mask = {'k': jnp.arange(8) < active, 'exempt': None}
  scores = {'k': jnp.arange(8.0), 'exempt': None}
  leading = scores | {'exempt': jnp.ones(3)}
  new = drop_grow.drop_and_grow(mask, leading, scores, 0.5)
  np.testing.assert_array_equal(new['k'], mask['k'])
  assert new['exempt'] is None


@pytest.mark.parametrize(
  ('active', 'fraction', 'expected'),
  [
    (10, 0.3, 3),
    (9, 0.3, 2),
    (100, 0.0, 0),
    (100, 1.0, 100),
    (7, 0.999, 6),
    (0, 0.5, 0),
    (25_000_000, 1.0, 25_000_000),
    (16_777_217, 1.0, 16_777_216),  # float32 counts in twos from here on
  ],
)
def test_dropped_count(active, fraction, expected):
  found = drop_grow.dropped_count(jnp.int32(active), fraction)
  assert int(found) == expected
  traced = jax.jit(drop_grow.dropped_count)(active, fraction)
  assert int(traced) == expected


def test_carry_over_stops_nan_outside_and_keeps_exempt_leaves():
  params = {'k': jnp.array([1.0, jnp.nan, 3.0, 4.0]), 'b': jnp.ones(2)}
  old = {'k': jnp.array([True, False, True, True]), 'b': None}
  new = {'k': jnp.array([True, True, False, True]), 'b': None}
  after = drop_grow.carry_over(params, old, new)
  np.testing.assert_array_equal(after['k'], [1, 0, 0, 4])
  np.testing.assert_array_equal(after['b'], [1, 1])


def test_scores_of_two_types_rank_as_floats_and_one_search_serves_both():
  mask = {'k': jnp.array([True, True, True, False, False])}
  drop = {'k': jnp.array([0.25, 3.0, 2.0, 9.0, 9.0], jnp.bfloat16)}
  grow = {'k': jnp.array([0.0, 0.0, 0.0, 1.0, 1.0000001], jnp.float32)}
  np.testing.assert_array_equal(
    _update(mask, drop, grow, 0.34)['k'], [False, True, True, False, True]
  )
  program = str(jax.make_jaxpr(drop_grow.drop_and_grow)(mask, drop, grow, 0.34))
  assert program.count('name=_masks') == 1
