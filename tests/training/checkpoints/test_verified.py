"""A step directory beside what it should hold."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.training.checkpoints import files, records, verified
from jaxsparse.training.checkpoints.records import (
  CheckpointError,
  CheckpointMismatch,
)

STATE = {'w': jnp.arange(6.0), 'b': None, 'n': np.int32(3)}


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
  path = files.absolute(tmp_path_factory.mktemp('steps') / '7')
  files.write(path, STATE, {'seed': 1}, step=7)
  return path


def test_what_was_saved_is_read(saved):
  state, meta = verified.read(saved, 7, STATE)
  np.testing.assert_array_equal(state['w'], np.arange(6.0))
  assert (state['b'], int(state['n']), meta) == (None, 3, {'seed': 1})


def test_another_step_or_architecture_is_refused(saved):
  with pytest.raises(CheckpointError, match='holds step 7'):
    verified.read(saved, 8, STATE)
  with pytest.raises(CheckpointMismatch, match="architecture: .*'w'"):
    verified.read(saved, 7, STATE | {'w': jnp.arange(5.0)})


@pytest.mark.parametrize(
  ('step', 'changed', 'same'),
  [
    (7, {}, True),
    (8, {}, False),
    (7, {'w': jnp.arange(6.0).at[2].add(1)}, False),
    (7, {'extra': jnp.zeros(1)}, False),
  ],
)
def test_a_directory_holds_a_state_to_the_bit(saved, step, changed, same):
  state = STATE | changed
  record = records.make(step, state, {})
  assert verified.holds(saved, record, state) == same


def test_what_is_not_whole_looks_bad_and_holds_nothing(saved, tmp_path):
  assert verified.looks_good(saved, 7)
  assert not verified.looks_good(saved, 8)
  empty = files.absolute(tmp_path)
  assert not verified.looks_good(empty, 7)
  assert not verified.holds(empty, records.make(7, STATE, {}), STATE)
