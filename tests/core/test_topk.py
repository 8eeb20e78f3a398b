import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.core import _ordered, _probes, _search, _select
from jaxsparse.core.topk import topk_mask, topk_masks, topk_masks_by_leaf

TINY = np.finfo(np.float32).tiny
SHAPES = ((), (0, 4), (7,), (3, 4, 5), (39, 31))


@pytest.fixture(autouse=True, scope='module')
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def oracle(scores, k, where=None):
  """The mask of a stable descending sort of the canonical scores."""
  scores = np.asarray(scores).astype(np.float32).ravel()
  out = np.zeros(scores.size, bool)
  if where is not None:
    out = ~np.asarray(where).ravel()
  nan = np.isnan(scores)
  canonical = np.where(np.abs(scores) >= TINY, scores, np.float32(0))
  order = np.lexsort((-canonical, nan, out))
  mask = np.zeros(scores.size, bool)
  mask[order[:k]] = True
  return mask


def _bits(rng, n, below):
  signs = rng.integers(0, 2, n, np.uint32) << 31
  return (rng.integers(0, below, n, np.uint32) | signs).view(np.float32)


def _mixed(rng, n, rare, common):
  return np.where(rng.random(n) < 0.2, rare, common)


KINDS = {
  'normal': lambda r, n: r.standard_normal(n),
  'tied': lambda r, n: r.integers(-2, 3, n) / 2,
  'constant': lambda r, n: np.full(n, r.standard_normal()),
  'mostly zero': lambda r, n: _mixed(r, n, r.standard_normal(n), 0),
  '-1 filled': lambda r, n: _mixed(r, n, np.abs(r.standard_normal(n)), -1),
  'lognormal': lambda r, n: np.exp(20 * np.clip(r.standard_normal(n), -4, 4)),
  'infinite': lambda r, n: _mixed(
    r, n, r.choice([-np.inf, np.inf], n), r.standard_normal(n)
  ),
  'signed zeros': lambda r, n: r.choice([0.0, -0.0, TINY, -TINY], n),
  'subnormal': lambda r, n: _mixed(
    r, n, r.choice([0.0, 1e-30, -1e-30], n), _bits(r, n, 0x00800000)
  ),
  'nan': lambda r, n: _mixed(
    r, n, r.choice([np.nan, -np.nan, -np.inf], n), r.standard_normal(n)
  ),
  'any bits': lambda r, n: _bits(r, n, 0x80000000),
  'two far apart': lambda r, n: r.choice([1e-38, 1e38], n),
}


def draw_scores(data, n):
  rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
  kind = data.draw(st.sampled_from(sorted(KINDS)))
  where = rng.random(n) < data.draw(st.sampled_from([0.0, 0.1, 0.9, 1.0]))
  return KINDS[kind](rng, n).astype(np.float32), where


def draw_count(data, n):
  edges = st.sampled_from(sorted({0, min(1, n), max(n - 1, 0), n}))
  return data.draw(edges | st.integers(0, n))


_jitted = jax.jit(topk_mask)


@pytest.mark.parametrize('shape', SHAPES, ids=str)
@settings(max_examples=60)
@given(data=st.data())
def test_equals_a_stable_sort(shape, data):
  n = int(np.prod(shape))
  scores, where = draw_scores(data, n)
  k = draw_count(data, n)
  scores, where = scores.reshape(shape), where.reshape(shape)
  np.testing.assert_array_equal(
    np.ravel(_jitted(scores, jnp.int32(k))), oracle(scores, k)
  )
  np.testing.assert_array_equal(
    np.ravel(_jitted(scores, jnp.int32(k), where=where)),
    oracle(scores, k, where),
  )


@pytest.mark.parametrize('kind', sorted(KINDS))
@pytest.mark.parametrize('fraction', [0.03, 0.4])
def test_equals_a_stable_sort_of_a_kernel(kind, fraction):
  rng = np.random.default_rng(0)
  scores = KINDS[kind](rng, 784 * 300).astype(np.float32).reshape(784, 300)
  k = int(fraction * scores.size)
  mask = np.ravel(_jitted(scores, jnp.int32(k)))
  np.testing.assert_array_equal(mask, oracle(scores, k))


@pytest.mark.parametrize('dtype', [jnp.bfloat16, jnp.float16])
@settings(max_examples=30)
@given(data=st.data())
def test_half_precision_is_ranked_by_value(dtype, data):
  scores, _ = draw_scores(data, 39 * 31)
  with np.errstate(over='ignore', invalid='ignore'):
    # 2^-20: then normal float32 numbers are subnormal in float16.
    scores = (scores * np.float32(2**-20)).astype(dtype)
  k = draw_count(data, scores.size)
  np.testing.assert_array_equal(
    np.asarray(_jitted(scores, jnp.int32(k))), oracle(scores, k)
  )


SEARCHES = {
  'bisection': (_search.bisection, 0),
  'interpolation': (_search.interpolation, 1 << 16),
  'sampled': (_search.interpolation, 1000),
}


def _select_with(search, sampled_from):
  """Masks of groups of leaves as on a platform that has `search`."""

  def fn(groups, k):
    keys = jax.tree.map(_ordered.score_keys, groups)
    with pytest.MonkeyPatch.context() as patch:
      patch.setattr(_select, '_search_on_platform', search)
      patch.setattr(_probes, '_SAMPLED_FROM', sampled_from)
      return _select.select(keys, k, k * 0)

  return jax.jit(fn)


_selections = {name: _select_with(*s) for name, s in SEARCHES.items()}
GROUPS = (((11, 100), (400,)), ((),), ((0, 4),), ((3, 4, 5),), ((39, 31),))


@pytest.mark.parametrize('name', SEARCHES)
@settings(max_examples=60)
@given(data=st.data())
def test_every_search_equals_a_stable_sort_of_each_group(name, data):
  groups, counts, expected = [], [], []
  for shapes in GROUPS:
    sizes = [int(np.prod(shape)) for shape in shapes]
    scores, _ = draw_scores(data, sum(sizes))
    counts.append(draw_count(data, sum(sizes)))
    expected.append(oracle(scores, counts[-1]))
    leaves = np.split(scores, np.cumsum(sizes)[:-1])
    groups.append([x.reshape(s) for x, s in zip(leaves, shapes, strict=True)])
  found = _selections[name](groups, np.uint32(counts))
  for masks, wanted in zip(found, expected, strict=True):
    joined = np.concatenate([np.ravel(mask) for mask in masks])
    np.testing.assert_array_equal(joined, wanted)


def _tree(rng, kind):
  scores = KINDS[kind](rng, 60 + 1500 + 1).astype(np.float32)
  return {
    'b': {'kernel': scores[:60].reshape(3, 20), 'bias': None},
    'c': [scores[60:1560].reshape(5, 3, 100), None, scores[1560]],
    'empty': np.zeros((0, 3), np.float32),
  }


@pytest.mark.parametrize('kind', ['normal', 'tied', 'mostly zero', 'nan'])
def test_a_tree_is_ranked_as_one_array_in_leaf_order(kind):
  rng = np.random.default_rng(2)
  scores = _tree(rng, kind)
  where = jax.tree.map(lambda s: rng.random(np.shape(s)) < 0.4, scores)
  joined, eligible = (
    np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])
    for tree in (scores, where)
  )
  jitted = jax.jit(topk_masks)
  for k in (0, 1, 61, 500, 900, 1560, 1561):
    for got, want in (
      (jitted(scores, jnp.int32(k)), oracle(joined, k)),
      (jitted(scores, jnp.int32(k), where=where), oracle(joined, k, eligible)),
    ):
      assert jax.tree.structure(got) == jax.tree.structure(scores)
      assert got['b']['bias'] is None
      jax.tree.map(
        lambda m, s: np.testing.assert_equal(m.shape, np.shape(s)), got, scores
      )
      np.testing.assert_array_equal(
        np.concatenate([np.ravel(mask) for mask in jax.tree.leaves(got)]), want
      )


def test_a_tree_without_leaves_has_no_masks():
  assert topk_masks({'a': None}, 0) == {'a': None}
  assert topk_masks_by_leaf({'a': None}, {'a': None}) == {'a': None}


def test_by_hand():
  scores = np.array([[3.0, -0.0, np.nan], [1e-40, 3.0, -np.inf]], np.float32)
  where = np.array([[True, True, True], [True, False, True]])
  ranks = [(0, 0), (0, 1), (1, 0), (1, 2), (0, 2), (1, 1)]
  for k in range(7):
    want = np.zeros((2, 3), bool)
    want[tuple(zip(*ranks[:k], strict=True)) or np.zeros((2, 3), bool)] = True
    np.testing.assert_array_equal(topk_mask(scores, k, where=where), want)


def test_without_jit_it_is_the_same():
  scores = np.round(np.random.default_rng(3).standard_normal((39, 31)), 1)
  scores = scores.astype(np.float32)
  np.testing.assert_array_equal(
    topk_mask(scores, 300), _jitted(scores, jnp.int32(300))
  )


def test_vmap_over_counts_and_over_scores():
  rng = np.random.default_rng(4)
  scores = np.round(rng.standard_normal((4, 39, 31)), 1).astype(np.float32)
  where = rng.random((4, 39, 31)) < 0.5
  counts = np.array([0, 1, 400, 39 * 31], np.int32)
  over_counts = jax.jit(jax.vmap(topk_mask, (None, 0)))(scores[0], counts)
  over_all = jax.jit(jax.vmap(lambda s, k, w: topk_mask(s, k, where=w)))(
    scores, counts, where
  )
  for i, k in enumerate(counts):
    want = oracle(scores[0], k)
    np.testing.assert_array_equal(np.ravel(over_counts[i]), want)
    want = oracle(scores[i], k, where[i])
    np.testing.assert_array_equal(np.ravel(over_all[i]), want)


def test_another_count_needs_no_other_program():
  fn = jax.jit(lambda s, k: topk_mask(s, k))
  scores = jnp.arange(7.0)
  for k in (0, 3, 7):
    fn(scores, k)
  assert fn._cache_size() == 1


def test_a_traced_count_is_clipped():
  scores = jnp.arange(7.0)
  assert _jitted(scores, -1).sum() == 0
  assert _jitted(scores, 8).sum() == 7


@pytest.mark.slow
def test_counts_are_exact_at_25_million():
  rng = np.random.default_rng(7)
  scores = rng.standard_normal((4983, 5119), np.float32)
  # Quick to run, not to compile.
  optimised = jax.jit(
    topk_mask, compiler_options={'xla_backend_optimization_level': 1}
  )
  for k in (1, 2_550_797, 16_777_217, scores.size - 1):
    mask = np.asarray(optimised(scores, jnp.int32(k)))
    assert np.count_nonzero(mask) == k
    assert scores[mask].min() >= scores[~mask].max()


@pytest.mark.parametrize(
  ('args', 'error', 'words'),
  [
    ((np.ones(4, np.int32), 1), TypeError, 'int32.*floating'),
    ((np.ones(4, np.float32), 5), ValueError, 'k is 5.*0 to 4'),
    ((np.ones(4, np.float32), -1), ValueError, 'k is -1.*0 to 4'),
    ((np.ones(4, np.float32), 2.0), TypeError, 'k is 2.0.*integer'),
    ((np.ones(4, np.float32), np.ones(2, int)), TypeError, 'integer scalar'),
  ],
)
def test_bad_input(args, error, words):
  with pytest.raises(error, match=words):
    topk_mask(*args)


def test_an_int64_count_is_clipped_and_does_not_wrap():
  scores = {'a': jnp.arange(3.0, dtype=jnp.float32), 'b': jnp.ones(2, 'f4')}

  @jax.jit
  def masks(k):
    return topk_masks(scores, k), topk_masks_by_leaf(scores, {'a': k, 'b': 1})

  with jax.enable_x64(True):
    together, by_leaf = masks(jnp.int64(2**32 + 1))
  assert all(mask.all() for mask in (*together.values(), by_leaf['a']))
  assert by_leaf['b'].tolist() == [True, False]


def test_bad_traced_count():
  for k in (1.0, np.ones(2, np.int32)):
    with pytest.raises(TypeError, match='integer scalar'):
      _jitted(jnp.arange(7.0), k)


@pytest.mark.parametrize(
  ('where', 'error', 'words'),
  [
    ({'a': np.ones(4, bool)}, ValueError, "`where`.*'b/c'"),
    ({'a': np.ones(4, bool), 'b': {'c': None}}, ValueError, "'b/c'"),
    (
      {'a': np.ones(4, bool), 'b': {'c': np.ones(3, bool)}},
      ValueError,
      r"where at 'b/c' has shape \(3,\)",
    ),
    (
      {'a': np.ones(4, np.float32), 'b': {'c': np.ones(2, bool)}},
      TypeError,
      "where at 'a' is float32",
    ),
  ],
)
def test_bad_where(where, error, words):
  scores = {'a': np.ones(4, np.float32), 'b': {'c': np.ones(2, np.float32)}}
  with pytest.raises(error, match=words):
    topk_masks(scores, 1, where=where)


def test_more_entries_than_keys():
  huge = jax.ShapeDtypeStruct((2**16, 2**16), jnp.float32)
  with pytest.raises(ValueError, match='4294967296 scores'):
    jax.eval_shape(lambda s: topk_mask(s, 1), huge)
