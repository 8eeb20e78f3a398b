"""What every method promises in a loop of the user's own, under `sparsify`."""

import contextlib
import copy
import io
import logging
import pickle
import re

import equinox as eqx
import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax.training.train_state import TrainState

from jaxsparse.core import paths
from jaxsparse.optim.sparsify import sparsify, sparsify_params

TX = optax.sgd(0.02, momentum=0.9)
STEPS = 6  # Two mask steps among them.


@contextlib.contextmanager
def compilations():
  """Collects the names of the programs that XLA compiles."""
  names, handler = [], logging.Handler()
  handler.emit = lambda record: names.extend(
    re.findall(r'XLA compilation of (\S+) in', record.getMessage())
  )
  logging.getLogger('jax').addHandler(handler)
  try:
    with jax.log_compiles():
      yield names
  finally:
    logging.getLogger('jax').removeHandler(handler)


def transformation(case, seed=0):
  key = jax.random.key(seed)
  return sparsify(TX, case.updater, key=key, probe=case.probe, **case.plan)


def loop(case, dtype):
  """Params and state after each step of a loop as README has it."""
  tx = transformation(case)

  @jax.jit
  def step(params, state, batch):
    seen = sparsify_params(params, state)
    seen = jax.tree.map(lambda p: p.astype(dtype), seen)
    grads = jax.grad(case.probe.loss)(seen, batch)
    updates, state = tx.update(grads, state, params)
    return optax.apply_updates(params, updates), state

  params, state = case.params, tx.init(case.params)
  found = [(params, state)]
  for _ in range(STEPS):
    params, state = step(params, state, case.probe.batches[0])
    found.append((params, state))
  return found


@pytest.fixture(scope='module')
def run(case):
  """The loop, its gradients in bfloat16, and the programs that it compiled."""
  with compilations() as names:
    states = loop(case, jnp.bfloat16)
  return states, names


def assert_equal(found, expected):
  jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_the_loop_compiles_its_step_once(run):
  assert run[1].count('jit(step)') == 1


def test_no_leaf_of_the_state_is_committed_to_a_device(run):
  for _, state in run[0]:
    assert not any(leaf.committed for leaf in jax.tree.leaves(state))


def test_half_precision_gradients_leave_nothing_outside_the_masks(case, run):
  assert_nothing_outside_the_masks(case, run[0])


@pytest.mark.slow
@pytest.mark.parametrize('dtype', [jnp.float16, jnp.float32])
def test_gradients_leave_nothing_outside_the_masks(case, dtype):
  assert_nothing_outside_the_masks(case, loop(case, dtype))


def assert_nothing_outside_the_masks(case, states):
  for (_, before), (params, state) in zip(states, states[1:], strict=False):
    trained = paths.flatten(case.updater.trained(state.mask_state))
    old = paths.flatten(case.updater.trained(before.mask_state))
    for path, mask in trained.items():
      weights = np.asarray(paths.flatten(params)[path])
      assert weights.dtype == np.float32
      if not case.updater.facts.stores_all:
        assert not weights[~(mask & old[path])].any(), path


def test_the_state_survives_whatever_keeps_it(case, run):
  state = run[0][-1][1]
  structure = jax.tree.structure(state)

  def check(kept):
    assert jax.tree.structure(kept) == structure
    assert_equal(kept, state)

  check(pickle.loads(pickle.dumps(state)))
  check(copy.deepcopy(state))
  fresh = transformation(case, seed=1).init(case.params)
  check(
    flax.serialization.from_bytes(fresh, flax.serialization.to_bytes(state))
  )
  file = io.BytesIO()
  eqx.tree_serialise_leaves(file, state)
  file.seek(0)
  check(eqx.tree_deserialise_leaves(file, fresh))


def test_a_flax_train_state_survives_its_serialization(case):
  def train_state(seed):
    tx = transformation(case, seed)
    return TrainState.create(apply_fn=None, params=case.params, tx=tx)

  state = train_state(0)
  back = flax.serialization.from_bytes(
    train_state(1), flax.serialization.to_bytes(state)
  )
  assert_equal(back.opt_state, state.opt_state)


def test_states_of_two_seeds_stack(case):
  states = [transformation(case, seed).init(case.params) for seed in range(2)]
  stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)
  for i, state in enumerate(states):
    assert_equal(jax.tree.map(lambda x, i=i: x[i], stacked), state)
