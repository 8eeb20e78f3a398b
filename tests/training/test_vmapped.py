"""The executor of all runs at once, over a program that adds batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.training.programs import Programs
from jaxsparse.training.vmapped import Vmapped, member_mesh

DEVICES, MEMBERS, BATCH = 8, 3, 2


def state_of(i):
  return {
    'sum': jnp.float32(i),
    'key': jax.random.key(i, impl='rbg'),
    'vector': jnp.arange(4) + 10 * i,
    'none': None,
  }


def batches(i, begin, end):
  """The batch of step t of member i is 100 i + t, twice."""
  steps = np.arange(begin, end, dtype=np.int32)[:, None]
  return np.repeat(steps + 100 * i, BATCH, axis=1)


class Adding:
  """Adds `scale` times what its batches hold; its state is donated."""

  def __init__(self):
    self.seen = []
    self._add = jax.jit(self._sum, donate_argnums=0)

  @staticmethod
  def _sum(state, members, data, indices):
    total = jnp.sum(indices[..., 0], axis=0) * members['scale'] + data
    return state | {'sum': state['sum'] + total, 'vector': state['vector'] + 1}

  def advance(self, state, members, data, indices):
    self.seen.append((state, members, indices))
    new = self._add(state, members, data, indices)
    loss = np.cumsum(indices[..., 0], axis=0, dtype=np.float32)
    return new, {'loss': loss, 'accuracy': -loss}

  def update_masks(self, state, members, data, indices):
    new, rows = self.advance(state, members, data, indices)
    width = indices.shape[1]
    churn = {'kernel': np.arange(width, dtype=np.float32), 'bias': None}
    return new, rows | {'churn': churn}


@pytest.fixture
def program():
  return Adding()


@pytest.fixture
def executor(program):
  return Vmapped(
    Programs(program.advance, program.update_masks, 'scan'),
    [state_of(i) for i in range(MEMBERS)],
    [{'scale': np.float32(10**i)} for i in range(MEMBERS)],
    mesh=member_mesh(),
    data=jnp.float32(0.5),
    batches=batches,
  )


def assert_same(found, expected):
  found, expected = (
    jax.tree.map(
      lambda x: (
        jax.random.key_data(x)
        if jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
        else x
      ),
      tree,
    )
    for tree in (found, expected)
  )
  jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_states_are_given_back_as_they_were_given(executor):
  assert len(executor) == MEMBERS
  for i in range(MEMBERS):
    state = executor.state(i)
    assert_same(state, state_of(i))
    assert jax.random.key_impl(state['key']) == 'rbg'
    # As a run alone has them: on one device, and bound to it.
    assert (
      state['sum'].sharding == jax.device_put(0.0, jax.devices()[0]).sharding
    )


def test_the_last_member_fills_up_the_devices(executor, program):
  executor.advance('advance', range(MEMBERS), 5, 7)
  ((states, members, indices),) = program.seen
  assert indices.shape == (2, DEVICES, BATCH)
  assert indices[:, :, 0].tolist() == [
    [5, 105, *[205] * 6],
    [6, 106, *[206] * 6],
  ]
  assert np.asarray(members['scale']).tolist() == [1, 10, *[100] * 6]
  for leaf in jax.tree.leaves((states, members)):
    assert leaf.shape[0] == DEVICES
    assert len(leaf.sharding.device_set) == DEVICES
    assert leaf.sharding.shard_shape(leaf.shape)[0] == 1


def test_each_member_gets_its_own_rows_and_state(executor):
  rows = executor.advance('advance', [0, 2], 1, 3)
  assert [r['loss'].tolist() for r in rows] == [[1, 3], [201, 403]]
  assert [r['accuracy'].tolist() for r in rows] == [[-1, -3], [-201, -403]]
  sums = [float(executor.state(i)['sum']) for i in range(MEMBERS)]
  assert sums == [0 + 3 + 0.5, 1, 2 + 40300 + 0.5]


def test_churn_has_no_axis_of_steps(executor):
  rows = executor.advance('update_masks', [1, 2], 4, 5)
  assert [r['churn'] for r in rows] == [
    {'kernel': 1, 'bias': None},
    {'kernel': 2, 'bias': None},
  ]
  assert [r['loss'].tolist() for r in rows] == [[104], [204]]


def test_a_state_outlives_the_buffers_that_it_was_taken_from(executor, program):
  before = executor.state(1)
  executor.advance('advance', range(MEMBERS), 0, 2)
  assert program.seen[0][0]['sum'].is_deleted()
  assert_same(before, state_of(1))
  assert executor.state(1)['vector'].tolist() == [11, 12, 13, 14]


def test_a_replaced_member_stays_where_it_was_put(executor):
  executor.replace(1, state_of(7))
  executor.advance('advance', [0, 2], 0, 2)
  assert_same(executor.state(1), state_of(7))
  assert executor.state(0)['vector'].tolist() == [1, 2, 3, 4]


def test_a_run_that_is_not_advanced_stays_as_it_is(executor):
  for begin in (0, 1):
    executor.advance('advance', [0, 2], begin, begin + 1)
    assert_same(executor.state(1), state_of(1))
