"""Two processes write one run; one process reads it."""

import os
import pathlib
import socket
import subprocess
import sys

import jax
import jax.numpy as jnp
import pytest

from jaxsparse.training.checkpoints import Checkpoints

SHARER = pathlib.Path(__file__).with_name('sharer.py')
ROOT = pathlib.Path(__file__).parents[3]


@pytest.mark.slow
def test_two_processes_save_and_one_restores(tmp_path, identical):
  with socket.socket() as free:
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]
  environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'XLA_FLAGS': ''}
  processes = [
    subprocess.Popen(
      [sys.executable, str(SHARER), str(tmp_path), str(port), str(index)],
      stdout=subprocess.PIPE,
      text=True,
      env=environment,
    )
    for index in (0, 1)
  ]
  for process in processes:
    said, _ = process.communicate(timeout=120)
    assert "result 4 {'step': 4} (3, 4) True" in said
  state = {
    'split': jnp.arange(16.0).reshape(8, 2),
    'whole': jnp.ones(3),
    'key': jax.random.key(3),
  }
  with Checkpoints(tmp_path) as checkpoints:
    step, restored, _ = checkpoints.latest(state)
  assert step == 4
  assert identical(restored, state)
