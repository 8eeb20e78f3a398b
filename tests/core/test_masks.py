"""Mask algebra."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from jaxsparse.core import masks, paths
from jaxsparse.core.distributions.uniform import uniform


@pytest.fixture(autouse=True)
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def _params():
  return {
    'a': {'kernel': jnp.arange(1.0, 13.0).reshape(3, 4), 'bias': jnp.ones(4)},
    'b': {'kernel': jnp.arange(1.0, 13.0).reshape(3, 4)},
  }


def _counts(a=5, b=7):
  return {'a': {'kernel': a, 'bias': None}, 'b': {'kernel': b}}


def test_map_masks_lets_params_lead():
  found = masks.map_masks(lambda p, n: (p.shape, n), _params(), _counts())
  assert found == {
    'a': {'kernel': ((3, 4), 5), 'bias': None},
    'b': {'kernel': ((3, 4), 7)},
  }


def test_map_masks_gives_exempt_leaves_to_exempt():
  rest = {'a': {'kernel': 1, 'bias': 2}, 'b': {'kernel': None}}
  found = masks.map_masks(
    lambda p, n, r: ('masked', n, r),
    _params(),
    _counts(),
    rest,
    exempt=lambda p, r: ('exempt', p.shape, r),
  )
  assert found['a'] == {
    'kernel': ('masked', 5, 1),
    'bias': ('exempt', (4,), 2),
  }
  assert found['b'] == {'kernel': ('masked', 7, None)}


def test_apply_masks_stops_nan_and_infinity():
  params = {'kernel': jnp.array([[jnp.nan, 1.0], [jnp.inf, -2.0]])}
  mask = {'kernel': jnp.array([[False, True], [False, False]])}
  out = masks.apply_masks(params, mask)['kernel']
  np.testing.assert_array_equal(out, [[0, 1], [0, 0]])


def test_apply_masks_keeps_dtypes():
  params = {'kernel': jnp.ones((2, 2), jnp.bfloat16)}
  out = masks.apply_masks(params, {'kernel': jnp.zeros((2, 2), bool)})
  assert out['kernel'].dtype == jnp.bfloat16


def test_full_masks():
  full = masks.full_masks(_params(), _counts())
  assert full['a']['bias'] is None
  assert full['a']['kernel'].dtype == bool
  assert masks.active_by_path(full) == {'a/kernel': 12, 'b/kernel': 12}


@pytest.mark.parametrize(('a', 'b'), [(5, 7), (0, 12), (12, 0), (1, 11)])
def test_random_masks_have_exactly_the_counts(key, a, b):
  drawn = masks.random_masks(_params(), _counts(a, b), key=key)
  assert masks.active_by_path(drawn) == {'a/kernel': a, 'b/kernel': b}
  assert drawn['a']['bias'] is None


def test_random_masks_take_shapes_and_traced_counts(key):
  shapes = paths.abstract(_params())
  expected = masks.random_masks(_params(), _counts(), key=key)
  traced = jax.jit(
    lambda a, b: masks.random_masks(shapes, _counts(a, b), key=key)
  )(5, 7)
  jax.tree.map(np.testing.assert_array_equal, traced, expected)


def test_random_masks_are_uniform_over_places_and_differ_by_leaf(key):
  keys = jax.random.split(key, 2000)
  draw = jax.jit(
    jax.vmap(lambda k: masks.random_masks(_params(), _counts(4, 4), key=k))
  )
  drawn = draw(keys)
  share = np.mean(drawn['a']['kernel'], axis=0)
  np.testing.assert_allclose(share, 1 / 3, atol=5 * np.sqrt(2 / 9 / 2000))
  same = np.all(drawn['a']['kernel'] == drawn['b']['kernel'], axis=(1, 2))
  assert same.mean() < 0.02  # 1 / C(12, 4) = 0.002


@pytest.mark.parametrize('wrap', [jax.jit, lambda draw: draw])
@pytest.mark.parametrize('axis_type', list(jax.sharding.AxisType)[:2])
def test_random_masks_are_sharded_as_params(key, axis_type, wrap):
  mesh = jax.make_mesh((8,), ('x',), axis_types=(axis_type,))
  sharding = jax.NamedSharding(mesh, jax.P(None, 'x'))
  params = {'kernel': jax.device_put(jnp.ones((4, 16)), sharding)}
  draw = wrap(lambda p: masks.random_masks(p, {'kernel': 9}, key=key))
  drawn = draw(params)['kernel']
  assert drawn.sharding.is_equivalent_to(sharding, 2)
  single = draw({'kernel': np.ones((4, 16))})['kernel']
  np.testing.assert_array_equal(drawn, single)


def test_shard_like_keeps_the_axis_types_of_a_stack(key):
  """Explicit axes are part of a type, and survive a scan's stacking."""
  mesh = jax.make_mesh((8,), ('x',))
  sharding = jax.NamedSharding(mesh, jax.P(None, 'x'))
  param = jax.device_put(jnp.ones((4, 16)), sharding)

  def stack(param):
    mask = masks.shard_like(param, jnp.ones(param.shape, bool))
    return jax.lax.scan(lambda m, _: (m, m), mask, None, 3)[1]

  stacked = jax.NamedSharding(mesh, jax.P(None, None, 'x'))
  assert jax.jit(stack)(param).sharding.is_equivalent_to(stacked, 3)


def test_active_and_sizes():
  tree = {
    'x': jnp.array([[True, False], [True, True]]),
    'exempt': None,
    'y': jnp.zeros((2, 3), bool),
  }
  assert {
    k: int(v) for k, v in masks.active(tree).items() if v is not None
  } == {
    'x': 3,
    'y': 0,
  }
  assert masks.active(tree)['exempt'] is None
  assert masks.active_by_path(tree) == {'x': 3, 'y': 0}
  assert masks.sizes_by_path(tree) == {'x': 4, 'y': 6}


@pytest.mark.parametrize('framework', ['nnx', 'equinox'])
def test_masks_of_other_frameworks(key, framework):
  if framework == 'nnx':
    params = nnx.state(nnx.Linear(6, 5, rngs=nnx.Rngs(0)), nnx.Param)
  else:
    params = eqx.filter(eqx.nn.Linear(6, 5, key=key), eqx.is_array)
  counts = uniform(params, 0.5)
  drawn = masks.random_masks(params, counts, key=key)
  assert jax.tree.structure(
    masks.apply_masks(params, drawn)
  ) == jax.tree.structure(params)
  assert list(masks.active_by_path(drawn).values()) == [15]
  masks.check_masks(params, drawn)


@pytest.mark.parametrize(
  ('tree', 'message'),
  [
    ({'a': {'kernal': jnp.ones((3, 4), bool)}}, "mean 'a/kernel'"),
    (
      {'a': {'kernel': jnp.ones((4, 3), bool)}},
      r"'a/kernel' has shape \(4, 3\)",
    ),
    ({'a': {'kernel': np.ones((3, 4), 'f4')}}, "'a/kernel' has dtype float32"),
  ],
)
def test_check_masks_names_the_leaf(tree, message):
  with pytest.raises(ValueError, match=message):
    masks.check_masks(_params(), tree)


def test_check_masks_accepts_what_fits():
  masks.check_masks(_params(), masks.full_masks(_params(), _counts()))


def test_sizes_that_an_int32_cannot_count():
  most = {'a': (2**31 - 1,), 'b': (2**15, 2**15)}
  masks.check_sizes(most)
  with pytest.raises(ValueError, match=r"weights in all, of which .* 'a'"):
    masks.check_sizes(most, together=True)
  masks.check_sizes({'a': (2**31 - 2,), 'b': ()}, together=True)
  with pytest.raises(ValueError, match="'b' has 2,147,483,648 weights"):
    masks.check_sizes({'a': (), 'b': (2**16, 2**15)})
  large = {'a': {'w': jax.ShapeDtypeStruct((2**16, 2**15), bool), 'b': None}}
  with pytest.raises(ValueError, match="'a/w' has 2,147,483,648 weights"):
    jax.eval_shape(masks.active, large)
