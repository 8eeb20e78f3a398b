"""The interface of the signal analysis, for four kinds of models."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx

from jaxsparse.analysis.signal import (
  backward_signal,
  forward_signal,
  linen_apply,
)

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(7, 5)).astype(np.float32)
TARGETS = RNG.normal(size=(7, 3)).astype(np.float32)
FIRST = RNG.normal(size=(5, 6)).astype(np.float32)
SECOND = RNG.normal(size=(6, 3)).astype(np.float32)


def loss(outputs, targets):
  return jnp.mean(jnp.sum((outputs - targets) ** 2, axis=-1))


def plain():
  def apply(params, x, tap):
    hidden = tap('first', x @ params['first'])
    return tap('second', jax.nn.relu(hidden) @ params['second'])

  return apply, {'first': FIRST, 'second': SECOND}


def linen():
  class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
      x = nn.relu(nn.Dense(6, name='first', use_bias=False)(x))
      return nn.Dense(3, name='second', use_bias=False)(x)

  kernels = {'first': {'kernel': FIRST}, 'second': {'kernel': SECOND}}
  return linen_apply(Net()), {'params': kernels}


def of_nnx():
  class Net(nnx.Module):
    def __init__(self):
      rngs = nnx.Rngs(0)
      self.first = nnx.Linear(5, 6, use_bias=False, rngs=rngs)
      self.second = nnx.Linear(6, 3, use_bias=False, rngs=rngs)

  model = Net()
  model.first.kernel = nnx.Param(jnp.asarray(FIRST))
  model.second.kernel = nnx.Param(jnp.asarray(SECOND))
  graph, params = nnx.split(model)

  def apply(params, x, tap):
    net = nnx.merge(graph, params)
    return tap('second', net.second(jax.nn.relu(tap('first', net.first(x)))))

  return apply, params


def of_equinox():
  model = eqx.nn.MLP(
    5, 3, 6, 1, use_bias=False, use_final_bias=False, key=jax.random.key(0)
  )
  model = eqx.tree_at(
    lambda m: [layer.weight for layer in m.layers], model, [FIRST.T, SECOND.T]
  )
  params, static = eqx.partition(model, eqx.is_array)

  def apply(params, x, tap):
    first, second = eqx.combine(params, static).layers
    hidden = jax.nn.relu(tap('first', jax.vmap(first)(x)))
    return tap('second', jax.vmap(second)(hidden))

  return apply, params


@pytest.mark.parametrize('model', [plain, linen, of_nnx, of_equinox])
def test_signals_are_what_numpy_gives(model):
  apply, params = model()
  forward = forward_signal(apply, params, INPUTS)
  backward = backward_signal(apply, loss, params, INPUTS, TARGETS)
  first = np.float64(INPUTS) @ FIRST
  second = np.maximum(first, 0) @ SECOND
  d_second = 2 * (second - TARGETS) / 7
  d_first = d_second @ SECOND.T * (first > 0)
  assert list(forward) == list(backward) == ['first', 'second']
  for name, value, grad in (
    ('first', first, d_first),
    ('second', second, d_second),
  ):
    np.testing.assert_allclose(
      forward[name],
      (value.mean(), np.mean(value**2), value.std()),
      rtol=1e-5,
    )
    np.testing.assert_allclose(
      backward[name],
      (np.linalg.norm(grad), np.mean(grad**2)),
      rtol=1e-5,
    )


def test_names_come_in_the_order_of_the_calls():
  def apply(params, x, tap):
    x = tap('z', x * params['w'])
    return tap('a', x * params['w'])

  params = {'w': jnp.ones((1, 5))}
  assert list(forward_signal(apply, params, INPUTS)) == ['z', 'a']
  back = backward_signal(apply, lambda y, _: jnp.sum(y), params, INPUTS, None)
  assert list(back) == ['z', 'a']


def test_a_layer_that_is_called_twice_is_seen_twice():
  class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
      layer = nn.Dense(5, use_bias=False, name='shared')
      return layer(layer(x))

  kernel = 2 * np.eye(5, dtype=np.float32)
  apply = linen_apply(Net())
  found = forward_signal(
    apply, {'params': {'shared': {'kernel': kernel}}}, INPUTS
  )
  square = np.mean(np.float64(INPUTS) ** 2)
  assert list(found) == ['shared', 'shared:1']
  np.testing.assert_allclose(
    [f.mean_square for f in found.values()],
    [4 * square, 16 * square],
    rtol=1e-5,
  )


def test_linen_arguments_reach_the_module_and_blocks_have_paths():
  class Block(nn.Module):
    @nn.compact
    def __call__(self, x, *, double):
      return nn.Dense(5, name='inner', use_bias=False)(x) * (2 if double else 1)

  class Net(nn.Module):
    @nn.compact
    def __call__(self, x, *, double):
      return Block(name='block')(x, double=double)

  variables = {
    'params': {'block': {'inner': {'kernel': np.eye(5, dtype=np.float32)}}}
  }
  found = forward_signal(linen_apply(Net(), double=True), variables, INPUTS)
  ratio = found['block'].mean_square / found['block/inner'].mean_square
  np.testing.assert_allclose(ratio, 4, rtol=1e-5)


def test_a_name_that_is_tapped_twice_is_refused():
  def apply(params, x, tap):
    return tap('same', tap('same', x * params))

  with pytest.raises(ValueError, match="'same' is tapped twice"):
    forward_signal(apply, jnp.ones((1, 5)), INPUTS)
  with pytest.raises(ValueError, match="'same' is tapped twice"):
    backward_signal(
      apply, lambda y, _: jnp.sum(y), jnp.ones((1, 5)), INPUTS, None
    )


def test_under_jit_and_in_half_precision():
  apply, params = plain()
  half = jax.tree.map(lambda p: jnp.asarray(p, jnp.bfloat16), params)
  found = jax.jit(lambda p, x: forward_signal(apply, p, x))(
    half, jnp.asarray(INPUTS, jnp.bfloat16)
  )
  assert found['first'].mean_square.dtype == jnp.float32
  expected = np.mean((np.float64(INPUTS) @ FIRST) ** 2)
  np.testing.assert_allclose(found['first'].mean_square, expected, rtol=0.03)
