"""Masked dense and sparse initialisation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import fans, initialisation


@pytest.fixture(autouse=True)
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def _masks(shape, density, seed=0):
  return jnp.asarray(np.random.default_rng(seed).random(shape) < density)


def _normalised(weights, mask):
  """Active weights times sqrt(fan-in of their unit / 2), by numpy."""
  out = []
  for unit, active in zip(np.float64(weights), np.asarray(mask), strict=True):
    out.extend(unit[active] * np.sqrt(active.sum() / 2.0))
  return np.array(out)


def test_dense_keeps_values_inside_the_masks(key):
  params = {'kernel': jnp.arange(1.0, 7.0).reshape(2, 3), 'bias': jnp.ones(3)}
  mask = jnp.array([[True, False, True], [False, False, True]])
  out = initialisation.dense(params, {'kernel': mask, 'bias': None}, key=key)
  np.testing.assert_array_equal(out['kernel'], [[1, 0, 3], [0, 0, 6]])
  np.testing.assert_array_equal(out['bias'], [1, 1, 1])


@pytest.mark.parametrize('shape', [(80, 600), (64, 60, 3, 3)])
def test_sparse_is_the_normal_law_of_each_unit_of_equinox(key, shape):
  # Densities from 0.05 to 0.95 by unit, so that one scale a layer would fail.
  density = np.linspace(0.05, 0.95, shape[0])
  density = density.reshape(-1, *[1] * (len(shape) - 1))
  mask = jnp.asarray(np.random.default_rng(1).random(shape) < density)
  out = initialisation.sparse(
    {'kernel': jnp.full(shape, jnp.nan)},
    {'kernel': mask},
    key=key,
    axes=fans.equinox,
  )['kernel']
  assert not np.asarray(out)[~np.asarray(mask)].any()
  z = _normalised(out, mask)
  assert abs(z.mean()) < 5 / np.sqrt(z.size)
  assert abs(z.var() - 1) < 5 * np.sqrt(2 / z.size)
  # Not truncated: fourth moment 3, where the truncated normal has 2.4.
  assert abs(np.mean(z**4) - 3) < 5 * np.sqrt(96 / z.size)
  for part in np.array_split(z, 4):
    assert abs(part.var() - 1) < 5 * np.sqrt(2 / part.size)


def test_sparse_scales_one_draw_by_the_fan_in(key):
  """Column fan-ins 3, 1 and 2 of a 3 x 3 kernel, against the full one's 3."""
  params = {'kernel': jnp.zeros((3, 3))}
  mask = np.array([[1, 0, 1], [1, 0, 0], [1, 1, 1]], bool)
  full = {'kernel': jnp.ones((3, 3), bool)}
  drawn = initialisation.sparse(params, full, key=key)['kernel']
  out = initialisation.sparse(params, {'kernel': jnp.asarray(mask)}, key=key)
  ratio = np.sqrt(3 / np.array([3, 1, 2]))
  expected = np.where(mask, np.asarray(drawn) * ratio, 0)
  np.testing.assert_allclose(out['kernel'], expected, rtol=1e-6)


def test_sparse_leaves_exempt_leaves_and_dtypes_alone(key):
  params = {
    'half': jnp.ones((16, 8), jnp.bfloat16),
    'bias': jnp.arange(8.0),
  }
  masks = {'half': _masks((16, 8), 0.5), 'bias': None}
  out = initialisation.sparse(params, masks, key=key)
  assert out['half'].dtype == jnp.bfloat16
  np.testing.assert_array_equal(out['bias'], np.arange(8.0))


def test_sparse_draws_each_leaf_from_its_own_stream(key):
  params = {name: jnp.zeros((16, 8)) for name in 'ab'}
  masks = {name: jnp.ones((16, 8), bool) for name in 'ab'}
  out = initialisation.sparse(params, masks, key=key)
  again = initialisation.sparse(params, masks, key=key)
  alone = initialisation.sparse({'b': params['b']}, {'b': masks['b']}, key=key)
  other = initialisation.sparse(params, masks, key=jax.random.key(1))
  assert not np.array_equal(out['a'], out['b'])
  np.testing.assert_array_equal(out['a'], again['a'])
  np.testing.assert_array_equal(out['b'], alone['b'])
  assert not np.array_equal(out['a'], other['a'])


def test_axes_that_do_not_fit_a_leaf_are_refused(key):
  params, masks = {'kernel': jnp.zeros((8, 4))}, {'kernel': _masks((8, 4), 0.5)}
  with pytest.raises(ValueError, match=r"'kernel' of shape \(8, 4\)"):
    initialisation.sparse(
      params, masks, key=key, axes=lambda *_: fans.Axes((0,), (2,))
    )


@pytest.mark.parametrize('init', ['dense', 'sparse', 'layer_scaled'])
@pytest.mark.parametrize(
  ('mask', 'message'),
  [
    (jnp.ones((1, 3), bool), r"'a/kernel' has shape \(1, 3\).*\(8, 3\)"),
    (jnp.ones((3, 8), bool), r"'a/kernel' has shape \(3, 8\).*\(8, 3\)"),
    (jnp.full((8, 3), 0.5, 'f4'), 'has dtype float32; accepted is bool'),
    (jnp.ones((8, 3), jnp.int32), "'a/kernel' has dtype int32"),
  ],
)
def test_masks_that_do_not_fit_are_refused(key, init, mask, message):
  """Those that broadcast too: one row would count a fan-in of 1 for 8."""
  params = {'a': {'kernel': jnp.zeros((8, 3)), 'bias': jnp.zeros(3)}}
  masks = {'a': {'kernel': mask, 'bias': None}}
  draw = lambda p, m: getattr(initialisation, init)(p, m, key=key)  # noqa: E731
  for call in (draw, jax.jit(draw)):
    with pytest.raises(ValueError, match=message):
      call(params, masks)


def test_leaves_that_are_no_arrays_stay(key):
  params = {'kernel': jnp.zeros((8, 3)), 'activation': jax.nn.relu}
  masks = {'kernel': _masks((8, 3), 0.5), 'activation': None}
  out = initialisation.sparse(params, masks, key=key)
  assert out['activation'] is jax.nn.relu


@pytest.mark.parametrize(
  'scale',
  [
    *(0.0, -1.0, float('nan'), float('inf')),
    *('2', None, True, 1j, [2.0], jnp.ones(3)),
  ],
)
def test_a_scale_that_is_not_positive_is_refused(key, scale):
  params = {'kernel': jnp.ones((3, 4))}
  masks = {'kernel': jnp.ones((3, 4), bool)}
  for init in (initialisation.sparse, initialisation.layer_scaled):
    with pytest.raises(ValueError, match='scale is .*; accepted is a number'):
      init(params, masks, key=key, scale=scale)


@pytest.mark.parametrize('scale', [2, np.float64(2), jnp.float32(2)])
def test_a_scale_may_be_any_real_number(key, scale):
  params, masks = {'kernel': jnp.ones((3, 4))}, {'kernel': _masks((3, 4), 0.5)}
  found = initialisation.sparse(params, masks, key=key, scale=scale)['kernel']
  expected = initialisation.sparse(params, masks, key=key)['kernel']
  np.testing.assert_allclose(found, expected, rtol=1e-2)


@pytest.mark.parametrize('init', ['sparse', 'layer_scaled'])
@pytest.mark.parametrize(
  ('wrong', 'message'),
  [
    ({'fan': 'fan-in'}, "fan is 'fan-in'.*fan_out.*mean 'fan_in'"),
    ({'distribution': 'unifrom'}, "'unifrom'.*truncated_normal.*'uniform'"),
    ({'scale': -1.0}, 'scale is -1.0'),
  ],
)
def test_options_that_are_not_known_are_refused(key, init, wrong, message):
  params, masks = {'kernel': jnp.zeros((8, 4))}, {'kernel': _masks((8, 4), 0.5)}
  with pytest.raises(ValueError, match=message):
    getattr(initialisation, init)(params, masks, key=key, **wrong)
