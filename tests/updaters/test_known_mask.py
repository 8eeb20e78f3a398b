"""A task whose best mask is known: each dynamic method beats static on it.

The targets are a linear map of the inputs with four inputs a unit, so that a
mask of as many weights can meet them exactly, and any other cannot.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.core import registry
from jaxsparse.core.masks import active_by_path
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.updaters.static import static

UPDATERS = 'jaxsparse.updaters'
INPUTS, UNITS, FAN_IN, STEPS = 32, 8, 4, 300
COUNTS = {'kernel': FAN_IN * UNITS}
TIMES = {'update_interval': 5, 'start_step': 5, 'stop_step': 200}


def teacher():
  """A kernel with `FAN_IN` inputs a unit, of sizes from 1 to 2."""
  draw = np.random.default_rng(0)
  kernel = np.zeros((INPUTS, UNITS), np.float32)
  for unit in range(UNITS):
    places = draw.permutation(INPUTS)[:FAN_IN]
    kernel[places, unit] = draw.choice([-1, 1], FAN_IN) * draw.uniform(
      1, 2, FAN_IN
    )
  return kernel


KERNEL = teacher()


def dynamic():
  """The methods that take all mask steps."""
  found = {}
  for name in registry.names(UPDATERS):
    build = registry.resolve(name, UPDATERS)
    known = registry.parameters(build)
    times = {k: v for k, v in TIMES.items() if k in known}
    updater = registry.build(build, COUNTS, **times)
    if updater.facts.mask_steps == 'all':
      found[name] = updater
  return found


METHODS = dynamic()


def trained(updater):
  """The loss that is left, and the share of the teacher's mask."""
  draw = jax.random.normal(jax.random.key(1), (INPUTS, UNITS))
  params = {'kernel': 0.3 * draw}
  tx = sparsify(optax.sgd(0.1), updater, key=jax.random.key(2), **TIMES)

  def error(params):
    return params['kernel'] - KERNEL

  def loss(params):
    # Of inputs drawn from N(0, I): the mean over them in closed form.
    return 0.5 * jnp.sum(error(params) ** 2)

  @jax.jit
  def run(params, state):
    def step(carry, _):
      params, state = carry
      grads = jax.grad(loss)(sparsify_params(params, state))
      updates, state = tx.update(grads, state, params)
      return (optax.apply_updates(params, updates), state), None

    return jax.lax.scan(step, (params, state), length=STEPS)[0]

  params, state = run(params, tx.init(params))
  mask = np.asarray(state.mask_state.masks['kernel'])
  share = mask[KERNEL != 0].mean()
  return float(loss(sparsify_params(params, state))), share, state


@functools.cache
def fixed():
  return trained(static(COUNTS))


@pytest.mark.parametrize('name', METHODS)
def test_a_dynamic_method_beats_static(name):
  updater = METHODS[name]
  loss, share, state = trained(updater)
  static_loss, static_share, _ = fixed()
  active = active_by_path(state.mask_state.masks)
  assert sum(active.values()) == FAN_IN * UNITS
  assert static_share < 0.3
  assert loss < 0.7 * static_loss
  assert share > 2 * static_share
  if updater.facts.dense_batches != 0:  # It sees which weights are missing.
    assert share == 1
    assert loss < 1e-6 * static_loss
