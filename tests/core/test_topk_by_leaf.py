"""Top-k of each leaf by itself, against a stable sort of each in numpy."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxsparse.core.topk import topk_mask, topk_masks_by_leaf

SHAPES = ((), (0, 4), (3, 4, 5), (39, 31))


@pytest.fixture(autouse=True, scope='module')
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def sorted_mask(scores, k, where):
  """The first k of a stable descending sort, those of `where` before others."""
  order = np.lexsort((-scores.ravel(), ~where.ravel()))
  mask = np.zeros(scores.size, bool)
  mask[order[:k]] = True
  return mask.reshape(scores.shape)


def drawn(rng):
  """A tree of leaves of all kinds: scores, `where` and counts."""
  scores, where, counts = [], [], []
  for shape in SHAPES:
    leaf = np.asarray(rng.standard_normal(shape), np.float32)
    scores.append(np.round(leaf, rng.integers(0, 8)))
    where.append(np.asarray(rng.random(shape) < rng.choice([0, 0.2, 1.0])))
    edges = [0, leaf.size, rng.integers(0, leaf.size + 1)]
    counts.append(np.int32(rng.choice(edges)))
  return scores, where, counts


_plain = jax.jit(topk_masks_by_leaf)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_equals_a_stable_sort_of_each_leaf(seed):
  scores, where, counts = drawn(np.random.default_rng(seed))
  got = _plain(scores, counts, where=where, eligible=list(map(np.sum, where)))
  want = map(sorted_mask, scores, counts, where)
  for mask, expected in zip(got, want, strict=True):
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize('dtype', [jnp.bfloat16, np.float64])
def test_leaves_of_other_types_and_without_masks(dtype):
  rng = np.random.default_rng(1)
  scores = {
    'a': rng.standard_normal((9, 11)).astype(dtype),
    'b': np.float32(rng.standard_normal(20)),
    'c': np.float32(rng.standard_normal(5)),
  }
  got = _plain(scores, {'a': 40, 'b': 7, 'c': None})
  assert got['c'] is None
  for name, k in (('a', 40), ('b', 7)):
    leaf = np.asarray(scores[name]).astype(np.float32)
    np.testing.assert_array_equal(
      got[name], sorted_mask(leaf, k, np.ones(leaf.shape, bool))
    )


def test_without_jit_it_is_the_same():
  scores, where, counts = drawn(np.random.default_rng(2))
  got = topk_masks_by_leaf(scores, counts, where=where)
  want = map(sorted_mask, scores, counts, where)
  jax.tree.map(np.testing.assert_array_equal, got, list(want))


def test_a_population_under_vmap():
  members = [drawn(np.random.default_rng(seed)) for seed in range(3)]
  together = jax.tree.map(lambda *leaves: np.stack(leaves), *members)
  fn = jax.vmap(lambda s, w, k: topk_masks_by_leaf(s, k, where=w))
  got = jax.jit(fn)(*together)
  for i, (scores, where, counts) in enumerate(members):
    want = map(sorted_mask, scores, counts, where)
    for mask, expected in zip(got, want, strict=True):
      np.testing.assert_array_equal(mask[i], expected)


@pytest.mark.parametrize('kind', ['Auto', 'Explicit'])
def test_leaves_stay_sharded_as_they_are(kind):
  mesh = jax.make_mesh((8,), ('x',), axis_types=(getattr(AxisType, kind),))
  columns = NamedSharding(mesh, P(None, 'x'))
  rng = np.random.default_rng(5)
  scores = {
    'a': np.round(rng.standard_normal((48, 64)), 1).astype(np.float32),
    'b': np.float32(rng.random(99)),
  }
  sharded = scores | {'a': jax.device_put(scores['a'], columns)}
  counts = {'a': 700, 'b': 30}
  program = _plain.lower(sharded, counts).compile()
  got = program(sharded, counts)
  assert got['a'].sharding.is_equivalent_to(columns, 2)
  for name, k in counts.items():
    np.testing.assert_array_equal(got[name], topk_mask(scores[name], k))
  # Counts are gathered; keys are not.
  moved = re.findall(r'(\[.*\])\S* all-(?:gather|to-all)', program.as_text())
  assert all(shape in ('[1,8]', '[8]') for shape in moved), moved


def test_other_counts_need_no_other_program():
  fn = jax.jit(lambda s, k: topk_masks_by_leaf(s, k))
  scores = {'a': jnp.arange(7.0), 'b': jnp.arange(4.0)}
  for k in (0, 3, 4, 9):
    masks = fn(scores, {'a': k, 'b': 2})
    assert masks['a'].sum() == min(k, 7)
  assert fn._cache_size() == 1


@pytest.mark.parametrize(
  ('counts', 'where', 'error', 'words'),
  [
    ({'a': 5, 'b': 1}, None, ValueError, "count at 'a' is 5.*0 to 4"),
    ({'a': 1.5, 'b': 1}, None, TypeError, "count at 'a' is 1.5.*integer"),
    ({'a': 1}, None, ValueError, "`counts`.*'b'"),
    (
      {'a': 1, 'b': 1},
      {'a': np.ones(4, bool), 'b': None},
      ValueError,
      "where at 'b' is None",
    ),
    (
      {'a': 1, 'b': 1},
      {'a': np.ones(3, bool), 'b': np.ones(2, bool)},
      ValueError,
      r"where at 'a' has shape \(3,\)",
    ),
  ],
)
def test_bad_input(counts, where, error, words):
  scores = {'a': np.ones(4, np.float32), 'b': np.ones(2, np.float32)}
  with pytest.raises(error, match=words):
    topk_masks_by_leaf(scores, counts, where=where)
