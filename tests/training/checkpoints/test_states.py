"""Single steps of a run, read without holding it."""

import jax
import numpy as np
import pytest

from jaxsparse.training.checkpoints import (
  CheckpointError,
  CheckpointMismatch,
  Checkpoints,
)
from jaxsparse.training.checkpoints.states import kept_steps, read_step


def state(step):
  return {
    'a': np.full(3, step, np.float32),
    'b': np.full(4, step, np.int32),
  }


@pytest.fixture
def directory(tmp_path):
  with Checkpoints(tmp_path, keep=2, keep_steps=(0,)) as checkpoints:
    for step in (0, 1, 2, 3):
      checkpoints.save(step, state(step), {})
  return tmp_path


def files(directory):
  return {str(p): p.stat().st_mtime_ns for p in directory.rglob('*')}


def test_each_kept_step_is_read_and_nothing_written(directory):
  before = files(directory)
  assert kept_steps(directory) == (0, 2, 3)
  for step in (0, 2, 3):
    found = read_step(directory, step, state(0))
    jax.tree.map(np.testing.assert_array_equal, found, state(step))
  assert files(directory) == before


def test_leaves_that_are_not_asked_for_are_not_read(directory):
  found = read_step(directory, 2, state(0) | {'b': ...})
  np.testing.assert_array_equal(found['a'], state(2)['a'])
  assert found['b'] is ...


def test_a_step_that_is_not_there_is_told_with_those_that_are(directory):
  with pytest.raises(
    CheckpointMismatch, match='step 1; kept are 0, 2, 3'
  ) as told:
    read_step(directory, 1, state(0))
  assert '`checkpoint.keep_steps`' in str(told.value)
  with pytest.raises(CheckpointMismatch, match='step 1; kept are none'):
    read_step(directory / 'nowhere', 1, state(0))


def test_a_broken_step_is_not_among_those_kept(directory):
  (directory / '2' / '_CHECKPOINT_METADATA').unlink()
  assert kept_steps(directory) == (0, 3)
  with pytest.raises(CheckpointError, match='step 2; kept are 0, 3'):
    read_step(directory, 2, state(0))
