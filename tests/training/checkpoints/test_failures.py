import contextlib
import os
import pathlib
import resource
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.training.checkpoints import CheckpointError, Checkpoints

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture
def small_files():
  """Within the block, no file may grow past 100 kB: a full disk."""

  @contextlib.contextmanager
  def limited():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
      yield
    finally:
      resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

  return limited


def save_and_wait(checkpoints, step, state):
  checkpoints.save(step, state, {})
  checkpoints.wait()


def test_a_save_that_fails_says_so_and_the_next_one_works(
  tmp_path, small_files
):
  state = {'w': np.random.default_rng(0).random((700, 700), np.float32)}
  with Checkpoints(tmp_path) as checkpoints:
    save_and_wait(checkpoints, 1, {'w': state['w'] + 1})
    with (
      small_files(),
      pytest.raises(CheckpointError, match='step 2 was not saved'),
    ):
      save_and_wait(checkpoints, 2, state)
    assert checkpoints.steps() == (1,)
    save_and_wait(checkpoints, 2, state)
    assert checkpoints.latest(state)[0] == 2


# One save that finds the disk full, and one that does not.
FULL = """
import errno, os, sys
import numpy as np
from jaxsparse.training.checkpoints import CheckpointError, Checkpoints

mkdir = os.mkdir

def full(path, *args, **kwargs):
  if 'checkpoint-tmp' in str(path):
    raise OSError(errno.ENOSPC, 'No space left on device')
  mkdir(path, *args, **kwargs)

state = {'w': np.ones(3, np.float32)}
with Checkpoints(sys.argv[1]) as checkpoints:
  os.mkdir = full
  try:
    checkpoints.save(2, state, {})
    checkpoints.wait()
  except CheckpointError as error:
    print(error)
  os.mkdir = mkdir
  checkpoints.save(2, state, {})
  checkpoints.wait()
  print(checkpoints.steps())
"""


def test_a_directory_that_cannot_be_made_fails_at_once(tmp_path):
  # Threads that wait for the directory would keep the process from ending.
  done = subprocess.run(
    [sys.executable, '-c', FULL, str(tmp_path)],
    capture_output=True,
    check=True,
    env={**os.environ, 'PYTHONPATH': str(ROOT), 'XLA_FLAGS': ''},
    text=True,
    timeout=120,
  )
  failed, steps = done.stdout.splitlines()
  assert 'step 2 was not saved' in failed
  assert 'No space left' in failed
  assert steps == '(2,)'


def test_a_failed_save_does_not_hide_what_ended_the_block(
  tmp_path, small_files, caplog
):
  state = {'w': np.random.default_rng(0).random((700, 700), np.float32)}

  def interrupted():
    with Checkpoints(tmp_path) as checkpoints:
      checkpoints.save(2, state, {})
      raise KeyError

  with small_files(), pytest.raises(KeyError):
    interrupted()
  assert 'step 2 was not saved' in caplog.text


def test_bad_arguments(tmp_path, make_state):
  (tmp_path / 'file').touch()
  with pytest.raises(ValueError, match='keep is 0'):
    Checkpoints(tmp_path, keep=0)
  with pytest.raises(CheckpointError, match='cannot be written'):
    Checkpoints(tmp_path / 'file' / 'checkpoints')
  with Checkpoints(tmp_path) as checkpoints:
    with pytest.raises(ValueError, match='step is -1'):
      checkpoints.save(-1, make_state(1), {})
    with pytest.raises(TypeError, match="'a/1' is of type int"):
      checkpoints.save(1, {'a': [jnp.ones(2), 3]}, {})
    refused = pytest.raises(TypeError, match="'a' has dtype float64")
    with jax.enable_x64(False), refused:
      checkpoints.save(1, {'a': np.float64(3)}, {})
    with pytest.raises(TypeError, match='JSON'):
      checkpoints.save(1, make_state(1), {'a': {1, 2}})
    with pytest.raises(CheckpointError, match='12 does not exist'):
      checkpoints.restore(12, make_state(1))
    assert checkpoints.steps() == ()
