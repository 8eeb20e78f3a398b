"""The variance of `sparse` and `layer_scaled`, in every mode, by numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from jaxsparse.core import fans, initialisation

KURTOSIS = {'normal': 3.0, 'uniform': 1.8, 'truncated_normal': 2.36}


@pytest.fixture(autouse=True)
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def numpy_fans(mask):
  """Active fan-in and fan-out of each weight of a kernel [..., in, out]."""
  taps = tuple(range(mask.ndim - 2))
  return (
    np.broadcast_to(mask.sum((*taps, -2), keepdims=True), mask.shape),
    np.broadcast_to(mask.sum((*taps, -1), keepdims=True), mask.shape),
  )


def numpy_variance(name, fan, mask, scale):
  """Section 1 of the paper: of each weight of a kernel [..., in, out]."""
  fan_in, fan_out = numpy_fans(mask)
  if name == 'layer_scaled':
    fan_in, fan_out = numpy_fans(np.ones_like(mask))
    fan_in, fan_out = fan_in * mask.mean(), fan_out * mask.mean()
  total = {
    'fan_in': fan_in,
    'fan_out': fan_out,
    'fan_avg': (fan_in + fan_out) / 2,
  }[fan]
  return scale / np.where(mask, total, 1)


def uneven(shape, seed=0):
  """A mask whose density differs by input and by output unit."""
  rng = np.random.default_rng(seed)
  rows = rng.uniform(0.2, 1, (shape[-2], 1))
  return rng.random(shape) < rows * np.linspace(0.05, 1, shape[-1])


@pytest.mark.parametrize('name', ['sparse', 'layer_scaled'])
@pytest.mark.parametrize('fan', ['fan_in', 'fan_out', 'fan_avg'])
@pytest.mark.parametrize('distribution', KURTOSIS)
@pytest.mark.parametrize('shape', [(300, 200), (3, 3, 40, 150)])
def test_weights_have_the_variance_of_their_connection(
  key, name, fan, distribution, shape
):
  mask = uneven(shape)
  out = np.asarray(
    getattr(initialisation, name)(
      {'kernel': jnp.zeros(shape)},
      {'kernel': jnp.asarray(mask)},
      key=key,
      scale=1.5,
      fan=fan,
      distribution=distribution,
    )['kernel'],
    np.float64,
  )
  assert not out[~mask].any()
  z = out[mask] / np.sqrt(numpy_variance(name, fan, mask, 1.5)[mask])
  fourth = KURTOSIS[distribution]
  for part in (z, *np.array_split(z, 5)):  # Parts: units in order.
    error = 5 / np.sqrt(part.size)
    assert abs(part.mean()) < error
    assert abs(part.var() - 1) < error * np.sqrt(fourth - 1)
  assert abs(np.mean(z**4) - fourth) < 5 * np.sqrt(96 / z.size)
  edge = {'normal': 10.0, 'uniform': 3**0.5, 'truncated_normal': 2.2738}
  assert np.abs(z).max() <= edge[distribution] * 1.001


@settings(max_examples=40)
@given(
  st_np.arrays(bool, (3, 3, 4, 5)),
  st.sampled_from(['fan_in', 'fan_out', 'fan_avg']),
  st.sampled_from(['sparse', 'layer_scaled']),
  st.integers(0, 2**31),
)
def test_only_the_deviation_depends_on_the_mask(mask, fan, name, seed):
  """Of one key: the draw under any mask is that under all weights, rescaled.

  So the law of each weight is exactly the draw's, of the variance said.
  """
  draw = getattr(initialisation, name)
  params, key = {'kernel': jnp.zeros(mask.shape)}, jax.random.key(seed)
  out, full = (
    draw(params, {'kernel': jnp.asarray(m)}, key=key, fan=fan)['kernel']
    for m in (mask, np.ones_like(mask))
  )
  ratio = numpy_variance(name, fan, mask, 2.0) / numpy_variance(
    name, fan, np.ones_like(mask), 2.0
  )
  expected = np.where(mask, np.asarray(full) * np.sqrt(ratio), 0)
  np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_every_unit_has_variance_2_over_its_fan_in(key):
  """Per unit over 4,000 draws: the unit formula, dead units all zero."""
  mask = uneven((30, 12))
  mask[:, 3] = False
  params, masks = {'kernel': jnp.zeros((30, 12))}, {'kernel': jnp.asarray(mask)}
  drawn = jax.jit(
    jax.vmap(lambda k: initialisation.sparse(params, masks, key=k)['kernel'])
  )(jax.random.split(key, 4000))
  drawn = np.asarray(drawn, np.float64)
  assert np.isfinite(drawn).all()
  assert not drawn[:, ~mask].any()
  for unit in range(12):
    if unit == 3:
      continue
    weights = drawn[:, mask[:, unit], unit]
    ratio = weights.var() * mask[:, unit].sum() / 2
    assert abs(ratio - 1) < 5 * np.sqrt(2 / weights.size)


def test_attention_and_grouped_kernels_count_their_own_connections(key):
  shapes = {
    'attention/query': (24, 4, 25),
    'attention/out': (4, 25, 24),
    'grouped': (3, 3, 2, 120),
  }
  rng = np.random.default_rng(2)
  masks = {
    name: {'kernel': rng.random(shape) < np.linspace(0.1, 1, shape[-1])}
    for name, shape in shapes.items()
  }

  def axes(path, shape):
    found = fans.flax(path, shape)
    return found._replace(groups=10) if 'grouped' in path else found

  out = initialisation.sparse(
    {name: {'kernel': jnp.zeros(shape)} for name, shape in shapes.items()},
    jax.tree.map(jnp.asarray, masks),
    key=key,
    fan='fan_out',
    axes=axes,
  )
  # Each as a matrix [taps, in, out] of a plain layer, groups side by side.
  matrices = {
    'attention/query': lambda a: a.reshape(1, 24, 100),
    'attention/out': lambda a: a.reshape(1, 100, 24),
    'grouped': lambda a: np.concatenate(
      np.split(a.reshape(9, 2, 120), 10, axis=2), axis=1
    ),
  }
  for name, matrix in matrices.items():
    mask = matrix(masks[name]['kernel'])
    weights = matrix(np.asarray(out[name]['kernel'], np.float64))[mask]
    z = weights / np.sqrt(2 / numpy_fans(mask)[1][mask])
    for part in (z, *np.array_split(z, 3)):
      assert abs(part.var() - 1) < 5 * np.sqrt(2 / part.size), name


@pytest.mark.parametrize('name', ['sparse', 'layer_scaled'])
@pytest.mark.parametrize('fan', ['fan_in', 'fan_out', 'fan_avg'])
@pytest.mark.parametrize('active', [0, 1, 60, 60_000])
def test_finite_from_no_weight_to_all(key, name, fan, active):
  mask = np.zeros(60_000, bool)
  mask[np.random.default_rng(0).permutation(60_000)[:active]] = True
  mask = mask.reshape(300, 200)
  out = getattr(initialisation, name)(
    {'kernel': jnp.full((300, 200), jnp.nan)},
    {'kernel': jnp.asarray(mask)},
    key=key,
    fan=fan,
  )['kernel']
  assert np.isfinite(out).all()
  assert np.count_nonzero(out) == active


def test_one_program_serves_any_scale(key):
  params, masks = {'kernel': jnp.ones((6, 5))}, {'kernel': uneven((6, 5))}
  for name in ('sparse', 'layer_scaled'):
    draw = getattr(initialisation, name)
    traced = jax.jit(lambda s, draw=draw: draw(params, masks, key=key, scale=s))
    usual = draw(params, masks, key=key)['kernel']
    np.testing.assert_allclose(traced(2.0)['kernel'], usual, rtol=1e-6)
    np.testing.assert_allclose(
      traced(0.5)['kernel'], traced(2.0)['kernel'] / 2, rtol=1e-6
    )
