"""Loops of a user's own over 8 devices, with params as `model.init` makes them.

The params lie on the first device and are committed to none, as JAX makes
arrays; the batch alone says where a step runs.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.updaters.rigl import rigl

COUNTS = {'one': 20, 'two': 15}
STEPS = 5
DATA = jax.P('data')


def loss(params, batch):
  inputs, targets = batch
  outputs = jax.nn.relu(inputs @ params['one']) @ params['two']
  return jnp.mean((outputs - targets) ** 2)


@pytest.fixture(scope='module')
def params():
  draw = np.random.default_rng(0).normal
  shapes = {'one': (6, 8), 'two': (8, 4)}
  return {k: jnp.asarray(draw(size=s), jnp.float32) for k, s in shapes.items()}


@pytest.fixture(scope='module')
def batch():
  draw = np.random.default_rng(1).normal
  return [draw(size=(32, n)).astype(np.float32) for n in (6, 4)]


@pytest.fixture(scope='module')
def tx():
  return sparsify(
    optax.adam(0.05),
    rigl(COUNTS, start_step=1, stop_step=STEPS),
    key=jax.random.key(0),
    update_interval=2,
    start_step=1,
    stop_step=STEPS,
  )


def step(tx, params, state, batch, reduce=lambda grads: grads):
  grads = jax.grad(loss)(sparsify_params(params, state), batch)
  updates, state = tx.update(reduce(grads), state, params)
  return optax.apply_updates(params, updates), state


mean = functools.partial(jax.lax.pmean, axis_name='data')


def run(one, params, state, batch):
  for _ in range(STEPS):
    params, state = one(params, state, batch)
  return params, state.mask_state.masks


@pytest.fixture(scope='module')
def alone(tx, params, batch):
  one = jax.jit(functools.partial(step, tx))
  return run(one, params, tx.init(params), batch)


def assert_same(found, alone):
  """Masks alike and exact, weights to rounding: sums over shards differ."""
  for path, count in COUNTS.items():
    mask = np.asarray(found[1][path])
    assert mask.sum() == count
    np.testing.assert_array_equal(mask, alone[1][path])
    weights = np.asarray(found[0][path])
    assert not weights[~mask].any()
    np.testing.assert_allclose(weights, alone[0][path], rtol=1e-4, atol=1e-6)


def test_a_batch_on_another_device(tx, params, batch, alone):
  one = jax.jit(functools.partial(step, tx))
  there = jax.device_put(batch, jax.devices()[3])
  assert_same(run(one, params, tx.init(params), there), alone)


def test_a_batch_sharded_over_devices(tx, params, batch, alone):
  one = jax.jit(functools.partial(step, tx))
  mesh = jax.make_mesh((8,), ('data',), (jax.sharding.AxisType.Auto,))
  shards = jax.device_put(batch, jax.NamedSharding(mesh, DATA))
  found = run(one, params, tx.init(params), shards)
  assert_same(found, alone)
  # Every device holds the same masks, bit for bit.
  for mask in found[1].values():
    parts = [np.asarray(part.data) for part in mask.addressable_shards]
    assert len(parts) == 8
    assert all((part == parts[0]).all() for part in parts)


@pytest.mark.parametrize('check_vma', [True, False])
def test_shard_map(tx, params, batch, alone, check_vma):
  mesh = jax.make_mesh((8,), ('data',), (jax.sharding.AxisType.Auto,))
  one = jax.jit(
    jax.shard_map(
      functools.partial(step, tx, reduce=mean),
      mesh=mesh,
      in_specs=(jax.P(), jax.P(), DATA),
      out_specs=jax.P(),
      check_vma=check_vma,
    )
  )
  assert_same(run(one, params, tx.init(params), batch), alone)


def test_pmap(tx, params, batch, alone):
  one = jax.pmap(
    functools.partial(step, tx, reduce=mean),
    axis_name='data',
    in_axes=(None, None, 0),
    out_axes=None,
  )
  shards = [x.reshape(8, 4, -1) for x in batch]
  assert_same(run(one, params, tx.init(params), shards), alone)
