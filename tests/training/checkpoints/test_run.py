import logging

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxsparse.training.checkpoints import CheckpointMismatch, Checkpoints


def abstract(state):
  return jax.eval_shape(lambda: state)


def test_a_state_comes_back_bit_for_bit(tmp_path, make_state, identical):
  state = make_state(1)
  meta = {'digest': 'abc', 'config': {'lr': 0.1, 'units': [1, 2]}, 'n': None}
  with Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(7, state, meta)
  with Checkpoints(tmp_path) as checkpoints:
    step, latest, latest_meta = checkpoints.latest(abstract(state))
    restored, restored_meta = checkpoints.restore(7, abstract(state))
  assert (step, latest_meta, restored_meta) == (7, meta, meta)
  assert identical(latest, state)
  assert identical(restored, state)
  assert {leaf.device for leaf in jax.tree.leaves(restored)} == {
    jax.devices()[0]
  }


def test_no_step_is_no_error(tmp_path, make_state):
  with Checkpoints(tmp_path / 'new') as checkpoints:
    assert checkpoints.latest(make_state(1)) is None
    assert checkpoints.steps() == ()


@pytest.mark.parametrize('devices', [1, 8])
def test_a_sharded_state_fits_another_topology(tmp_path, devices):
  def sharding(count):
    mesh = Mesh(np.array(jax.devices()[:count]), ('x',))
    return NamedSharding(mesh, PartitionSpec('x'))

  values = jnp.arange(32, dtype=jnp.float32).reshape(16, 2)
  with Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(0, {'w': jax.device_put(values, sharding(4))}, {})
    wanted = jax.ShapeDtypeStruct(
      (16, 2), jnp.float32, sharding=sharding(devices)
    )
    state, _ = checkpoints.restore(0, {'w': wanted})
  assert state['w'].sharding.is_equivalent_to(sharding(devices), 2)
  np.testing.assert_array_equal(state['w'], values)


def test_a_state_may_be_donated_as_soon_as_save_returns(tmp_path):
  step = jax.jit(lambda w: w * 2 + 1, donate_argnums=0)
  w = jnp.arange(300_000, dtype=jnp.float32)
  expected = np.arange(300_000, dtype=np.float32)
  with Checkpoints(tmp_path, keep=3) as checkpoints:
    for number in range(3):
      checkpoints.save(number, {'w': w}, {})
      for _ in range(10):
        w = step(w)
    for number in range(3):
      state, _ = checkpoints.restore(number, {'w': w})
      np.testing.assert_array_equal(state['w'], expected)
      for _ in range(10):
        expected = expected * np.float32(2) + np.float32(1)


def test_retention_keeps_the_newest_and_those_asked_for(tmp_path, make_state):
  with Checkpoints(tmp_path, keep=2, keep_steps=(0, 20)) as checkpoints:
    for step in range(0, 60, 10):
      checkpoints.save(step, make_state(step), {})
    assert checkpoints.steps() == (0, 20, 40, 50)
  assert sorted(path.name for path in tmp_path.iterdir()) == [
    '0',
    '20',
    '40',
    '50',
  ]


@pytest.mark.parametrize(
  ('kwargs', 'message'),
  [
    (
      {'units': 7},
      r"leaf 'params/in/bias' has shape \(6,\); wanted is \(7,\)",
    ),
    ({'tx': optax.sgd(0.1)}, r"leaf 'opt_state/.*' is not wanted"),
    (
      {'tx': optax.sgd(0.1, momentum=0.9)},
      r"leaf 'opt_state/0/trace/in/bias' is missing",
    ),
  ],
)
def test_another_architecture_is_named_by_its_first_leaf(
  saved, make_state, kwargs, message
):
  directory, _ = saved
  other = make_state(3, **kwargs)
  with Checkpoints(directory) as checkpoints:
    with pytest.raises(CheckpointMismatch, match=message):
      checkpoints.restore(3, abstract(other))
    with pytest.raises(CheckpointMismatch, match=message):
      checkpoints.latest(abstract(other))


def test_another_dtype(saved, make_state):
  directory, states = saved
  narrow = jax.tree.map(
    lambda x: x.astype(jnp.bfloat16) if x.dtype == jnp.float32 else x,
    states[3],
  )
  with (
    Checkpoints(directory) as checkpoints,
    pytest.raises(CheckpointMismatch, match='float32; wanted is bfloat16'),
  ):
    checkpoints.restore(3, narrow)


def test_a_step_that_is_there_and_good_is_not_written_again(saved):
  directory, states = saved
  before = (directory / '3').stat().st_ino
  with Checkpoints(directory, keep=3) as checkpoints:
    checkpoints.save(3, states[3], {'digest': 'of 3'})
    assert checkpoints.steps() == (1, 2, 3)
  assert (directory / '3').stat().st_ino == before


def test_a_step_that_is_there_and_differs_is_replaced(saved, identical):
  directory, states = saved
  with Checkpoints(directory, keep=3) as checkpoints:
    checkpoints.save(2, states[1], {})
    state, _ = checkpoints.restore(2, states[1])
    assert checkpoints.steps() == (1, 2, 3)
  assert identical(state, states[1])


def test_an_older_step_than_the_newest_can_be_saved(saved, make_state):
  directory, _ = saved
  with Checkpoints(directory, keep=3) as checkpoints:
    checkpoints.save(0, make_state(0), {})
    assert checkpoints.steps() == (0, 1, 2, 3)


def test_orbax_is_silent_at_info_and_others_are_not(tmp_path, make_state):
  lines = []
  handler = logging.Handler()
  handler.emit = lambda record: lines.append(record.getMessage())
  absl = logging.getLogger('absl')
  level = absl.level
  absl.addHandler(handler)
  absl.setLevel(logging.INFO)
  try:
    with Checkpoints(tmp_path, keep=1) as checkpoints:
      checkpoints.save(1, make_state(1), {})
      checkpoints.save(2, make_state(2), {})
      checkpoints.latest(make_state(2))
    absl.info('of our own')
  finally:
    absl.removeHandler(handler)
    absl.setLevel(level)
  assert lines == ['of our own']


def test_steps_in_passing_go_and_push_out_no_other(tmp_path):
  planned = {0, 10, 20, 30}
  with Checkpoints(
    tmp_path, keep=2, passing=lambda step: step not in planned
  ) as checkpoints:
    for step in (10, 20, 23, 27):
      checkpoints.save(step, {'x': jnp.float32(step)}, {})
    checkpoints.wait()
    assert checkpoints.steps() == (10, 20, 27)
    checkpoints.save(30, {'x': jnp.float32(30)}, {})
    checkpoints.wait()
    assert checkpoints.steps() == (20, 30)
