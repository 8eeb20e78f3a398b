"""Random masks without dead units, and those of the published plots."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.core import fans, masks, paths, samplers
from jaxsparse.core.types import SparsityError


@pytest.fixture(autouse=True)
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


SHAPES = {
  'dense': (6, 5),
  'conv': (2, 2, 3, 4),
  'query': (4, 2, 3),
  'out': (2, 3, 4),
}
OUTPUTS = {'dense': 5, 'conv': 4, 'query': 6, 'out': 4}


def tree(values):
  return {name: {'kernel': values[name], 'bias': None} for name in SHAPES}


PARAMS = {
  name: {'kernel': jnp.zeros(shape), 'bias': jnp.zeros(shape[-1])}
  for name, shape in SHAPES.items()
}


def per_output(name, mask):
  """Active inputs of each output unit."""
  lead = 1 if name == 'query' else len(SHAPES[name]) - 1
  return np.asarray(mask).reshape(-1, int(np.prod(SHAPES[name][lead:]))).sum(0)


@jax.jit
def _drawn(counts, key):
  """By `connected`, and uniformly."""
  return (
    samplers.connected(PARAMS, tree(counts), key=key),
    masks.random_masks(PARAMS, tree(counts), key=key),
  )


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.data())
def test_connected_leaves_no_unit_dead_at_exact_counts(seed, data):
  counts = {
    name: data.draw(st.integers(OUTPUTS[name], int(np.prod(shape))))
    for name, shape in SHAPES.items()
  }
  drawn, plain = _drawn(counts, jax.random.key(seed))
  for name, count in counts.items():
    mask, usual = drawn[name]['kernel'], plain[name]['kernel']
    fed = per_output(name, mask)
    assert fed.min() >= 1
    assert fed.sum() == count
    assert drawn[name]['bias'] is None
    # One connection moves for each unit that would have been dead.
    lost = per_output(name, usual) == 0
    assert np.sum(np.asarray(usual) & ~np.asarray(mask)) == lost.sum()
    assert (fed[lost] == 1).all()


def test_connected_at_one_input_each_and_at_every_weight(key):
  for pick in (OUTPUTS, {n: int(np.prod(s)) for n, s in SHAPES.items()}):
    drawn, _ = _drawn(pick, key)
    for name, count in pick.items():
      fed = per_output(name, drawn[name]['kernel'])
      np.testing.assert_array_equal(fed, count // OUTPUTS[name])


def test_connected_is_uniform_over_places(key):
  params, draws = {'kernel': jnp.zeros((6, 5))}, 4000
  drawn = jax.jit(
    jax.vmap(
      lambda k: samplers.connected(params, {'kernel': 8}, key=k)['kernel']
    )
  )(jax.random.split(key, draws))
  share, p = np.mean(drawn, axis=0), 8 / 30
  np.testing.assert_allclose(share, p, atol=5 * np.sqrt(p * (1 - p) / draws))


def test_connected_spreads_the_first_inputs_when_scores_are_equal(monkeypatch):
  """Ties within a unit must not cost another unit its input."""
  monkeypatch.setattr(
    jax.random, 'uniform', lambda key, shape, dtype: jnp.full(shape, 0.5, dtype)
  )
  params = {'kernel': jnp.zeros((6, 5))}
  mask = samplers.connected(params, {'kernel': 5}, key=jax.random.key(0))
  np.testing.assert_array_equal(np.sum(mask['kernel'], axis=0), np.ones(5))


def test_connected_refuses_a_count_below_the_units(key):
  counts = tree(OUTPUTS | {'query': 5})
  with pytest.raises(
    SparsityError, match=r"'query/kernel' has 5 .* 6 output .* 6 to 24"
  ):
    samplers.connected(PARAMS, counts, key=key)


@pytest.mark.parametrize('sampler', [samplers.connected, samplers.uneven])
def test_counts_may_be_traced_and_params_abstract(key, sampler):
  shapes = paths.abstract(PARAMS)
  counts = {'dense': 9, 'conv': 20, 'query': 6, 'out': 24}
  traced = jax.jit(lambda c: sampler(shapes, c, key=key))(tree(counts))
  expected = sampler(PARAMS, tree(counts), key=key)
  jax.tree.map(np.testing.assert_array_equal, traced, expected)


def test_connected_gives_what_there_is_where_a_traced_count_is_too_low(key):
  params = {'kernel': jnp.zeros((6, 5))}
  mask = jax.jit(lambda n: samplers.connected(params, {'kernel': n}, key=key))(
    3
  )
  assert sorted(np.sum(mask['kernel'], axis=0)) == [0, 0, 1, 1, 1]


@jax.jit
def _of_both(kernel):
  return [
    draw({'kernel': kernel}, {'kernel': 20}, key=jax.random.key(0))['kernel']
    for draw in (samplers.connected, samplers.uneven)
  ]


@pytest.mark.parametrize('axis_type', list(jax.sharding.AxisType)[:2])
@pytest.mark.parametrize('spec', [jax.P(None, 'x'), jax.P('x', None)])
def test_masks_are_sharded_as_params(axis_type, spec):
  mesh = jax.make_mesh((8,), ('x',), axis_types=(axis_type,))
  sharding = jax.NamedSharding(mesh, spec)
  kernel = np.ones((8, 16), np.float32)
  drawn, single = _of_both(jax.device_put(kernel, sharding)), _of_both(kernel)
  for mask, expected in zip(drawn, single, strict=True):
    assert mask.sharding.is_equivalent_to(sharding, 2)
    np.testing.assert_array_equal(mask, expected)


def test_uneven_prunes_the_first_units_away(key):
  """Against the threshold law of scores U(0, i), i = 1 ... 100."""
  params, count = {'kernel': jnp.zeros((2000, 100))}, 20_000
  mask = samplers.uneven(params, {'kernel': count}, key=key)['kernel']
  assert int(mask.sum()) == count
  unit = np.arange(1, 101)
  low, high = 0.0, 100.0
  for _ in range(60):  # The t at which sum of P(score > t) is the count.
    t = (low + high) / 2
    kept = np.clip(1 - t / unit, 0, 1)
    low, high = (t, high) if 2000 * kept.sum() > count else (low, t)
  np.testing.assert_allclose(np.mean(mask, axis=0), kept, atol=0.05)
  assert not np.asarray(mask)[:, : int(t) - 2].any()


def test_uneven_counts_units_in_the_order_of_the_output_axes(key):
  params = {'query': {'kernel': jnp.zeros((5000, 2, 3))}}
  mask = samplers.uneven(params, {'query': {'kernel': 9000}}, key=key)
  share = np.mean(mask['query']['kernel'], axis=0).ravel()
  assert (np.diff(share[share > 0]) > 0).all()
  equinox = {'weight': jnp.zeros((6, 5000))}
  mask = samplers.uneven(equinox, {'weight': 9000}, key=key, axes=fans.equinox)
  flipped = np.mean(mask['weight'], axis=1)
  np.testing.assert_allclose(flipped, share, atol=0.04)
