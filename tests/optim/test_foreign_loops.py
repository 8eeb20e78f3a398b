"""sparsify in plain Optax loops, with params of three libraries, on digits."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen, nnx
from sklearn.datasets import load_digits

from jaxsparse.core import paths
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.masks import active_by_path
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.updaters.rigl import rigl

SIZES = (64, 40, 10)


class LinenMlp(linen.Module):
  @linen.compact
  def __call__(self, x):
    return linen.Dense(SIZES[2])(linen.relu(linen.Dense(SIZES[1])(x)))


class NnxMlp(nnx.Module):
  def __init__(self, rngs):
    self.first = nnx.Linear(*SIZES[:2], rngs=rngs)
    self.second = nnx.Linear(*SIZES[1:], rngs=rngs)

  def __call__(self, x):
    return self.second(nnx.relu(self.first(x)))


def from_linen(key):
  module = LinenMlp()
  return module.init(key, jnp.zeros((1, 64)))[
    'params'
  ], lambda p, x: module.apply({'params': p}, x)


def from_nnx(key):
  graph, state = nnx.split(NnxMlp(nnx.Rngs(0)), nnx.Param)
  return state, lambda p, x: nnx.merge(graph, p)(x)


def from_equinox(key):
  model = eqx.nn.MLP(64, 10, 40, 1, key=key)
  params, static = eqx.partition(model, eqx.is_inexact_array)
  return params, lambda p, x: jax.vmap(eqx.combine(p, static))(x)


@pytest.fixture(scope='module')
def digits():
  images, labels = load_digits(return_X_y=True)
  return jnp.asarray(images / 16, jnp.float32), jnp.asarray(labels)


@pytest.mark.parametrize('library', [from_linen, from_nnx, from_equinox])
def test_a_plain_loop_trains_a_sparse_net(library, digits, key):
  images, labels = digits
  params, apply = library(key)
  counts = erk(params, '0.9')
  expected = paths.flatten(counts)
  assert len(expected) == 2

  def loss(params):
    logits = apply(params, images)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return losses.mean(), jnp.mean(logits.argmax(-1) == labels)

  tx = sparsify(
    optax.adam(3e-2),
    rigl(counts, start_step=5, stop_step=30),
    key=key,
    update_interval=5,
    start_step=5,
    stop_step=30,
  )

  @jax.jit
  def train(params, state):
    def step(carry, _):
      params, state = carry
      seen = sparsify_params(params, state)
      grads, accuracy = jax.grad(loss, has_aux=True)(seen)
      updates, state = tx.update(grads, state, params)
      return (optax.apply_updates(params, updates), state), accuracy

    return jax.lax.scan(step, (params, state), length=60)

  start = tx.init(params)
  (params, state), accuracy = train(params, start)
  masks = state.mask_state.masks
  assert accuracy[-1] > 0.85
  assert accuracy[-1] > accuracy[0] + 0.5
  assert active_by_path(masks) == expected
  weights, first = paths.flatten(params), paths.flatten(start.mask_state.masks)
  for path, mask in paths.flatten(masks).items():
    assert np.any(mask != first[path])
    assert np.all(np.asarray(weights[path])[~np.asarray(mask)] == 0)
  seen = sparsify_params(params, state)
  jax.tree.map(np.testing.assert_array_equal, seen, params)
