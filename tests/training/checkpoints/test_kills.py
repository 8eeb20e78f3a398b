"""Real processes, really killed."""

import importlib.util
import logging
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from jaxsparse.training.checkpoints import Checkpoints

SAVER = pathlib.Path(__file__).with_name('saver.py')
ROOT = pathlib.Path(__file__).parents[3]

_spec = importlib.util.spec_from_file_location('saver', SAVER)
saver = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(saver)


def start(directory, *args):
  return subprocess.Popen(
    [sys.executable, str(SAVER), str(directory), *args],
    stdout=subprocess.PIPE,
    text=True,
    env={**os.environ, 'PYTHONPATH': str(ROOT), 'XLA_FLAGS': ''},
  )


def check(directory, finished, identical, caplog):
  """Every step that is there is whole, and the newest is not too old."""
  caplog.clear()
  with Checkpoints(directory, keep=9) as checkpoints:
    step, state, meta = checkpoints.latest(saver.state_at(0))
    for listed in checkpoints.steps():
      restored, _ = checkpoints.restore(listed, saver.state_at(0))
      assert identical(restored, saver.state_at(listed))
    present = {int(p.name) for p in directory.iterdir() if p.name.isdecimal()}
    assert set(checkpoints.steps()) == present
  assert step >= finished
  assert meta == {'step': step}
  assert identical(state, saver.state_at(step))
  assert set(saver.KEEP_STEPS) <= present
  assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def kill_several_times(directory, kills, identical, caplog):
  rng = random.Random(kills)
  finished = 0
  for _ in range(kills):
    process = start(directory)
    for _ in range(rng.randint(2, 5)):
      process.stdout.readline()
    time.sleep(rng.random() * 0.2)
    process.kill()
    lines, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    finished = int(lines.split()[-1]) - 1 if lines else finished
    check(directory, finished, identical, caplog)


def test_sigkill_in_saves_leaves_whole_steps(tmp_path, identical, caplog):
  kill_several_times(tmp_path, 3, identical, caplog)


@pytest.mark.slow
def test_many_sigkills_in_saves(tmp_path, identical, caplog):
  kill_several_times(tmp_path, 40, identical, caplog)


def test_sigkill_in_retention_breaks_no_listed_step(
  tmp_path, identical, caplog
):
  process = start(tmp_path, 'die_in_retention')
  lines, _ = process.communicate(timeout=120)
  assert process.returncode == -signal.SIGKILL
  # The save of step 3 is finished; then step 1 is to go.
  assert lines.split() == ['0', '1', '2', '3']
  assert len(list((tmp_path / '.trash').iterdir())) == 1
  check(tmp_path, 3, identical, caplog)
  assert {p.name for p in tmp_path.iterdir()} == {'0', '2', '3'}
