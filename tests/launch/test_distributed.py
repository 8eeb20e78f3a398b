"""A run of two processes on this machine: stops, kills, other topologies."""

import json
import random
import signal
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from jaxsparse.runs import finished
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import files
from tests.launch import together
from tests.launch.conftest import ENV, ONE_DEVICE, ROOT, free_port

STEPS = 120
FIELDS = {'num_steps': STEPS, 'checkpoint__interval': 20, 'eval__interval': 60}
STOPPED, PEER_LOST = 42, 75


@pytest.fixture
def pair(both, arguments):
  """`pair(workdir) -> [process 0, process 1]` of one run."""

  def begin(workdir, *flags, **fields):
    return both(arguments(workdir, *flags, **(FIELDS | fields)))

  return begin


def steps_of(workdir):
  """Steps of the checkpoints."""
  folder = workdir / 'checkpoints'
  return sorted(int(p.name) for p in folder.iterdir() if p.name.isdecimal())


def reached(workdir, step):
  return lambda: (
    (workdir / 'checkpoints').exists()
    and any(saved >= step for saved in steps_of(workdir))
  )


def content(workdir, step=STEPS):
  """Checksums of all leaves at a step, and the records of all steps."""
  path = files.absolute(workdir / 'checkpoints' / str(step))
  lines = (workdir / 'metrics.jsonl').read_text().splitlines()
  return files.read_record(path).leaves, [json.loads(line) for line in lines]


def codes(processes):
  return [process.end().code for process in processes]


@pytest.fixture(scope='module')
def begun(tmp_path_factory):
  """A folder for what tests of this file share."""
  return tmp_path_factory.mktemp('whole')


@pytest.fixture
def whole(begun, pair):
  """The content of an undisturbed run."""
  workdir = begun / 'run'
  if not (workdir / 'summary.json').exists():
    assert codes(pair(workdir)) == [0, 0]
  return content(workdir)


def stop_one(pair, workdir):
  """A signal to one process saves and stops both."""
  processes = pair(workdir)
  processes[1].wait_for(reached(workdir, 20))
  processes[1].signal(signal.SIGTERM)
  ended = [process.end() for process in processes]
  assert [one.code for one in ended] == [STOPPED, STOPPED]
  assert f'saved at step {steps_of(workdir)[-1]};' in ended[0].err
  assert ended[0].err.splitlines()[-1] == ended[1].err.splitlines()[-1]


def lose_one(pair, workdir):
  """A process that loses the other ends."""
  resumed = steps_of(workdir)[-1]
  processes = pair(workdir)
  processes[0].wait_for(reached(workdir, resumed + 1))
  processes[1].kill()
  began = time.monotonic()
  survivor = processes[0].end()
  assert survivor.code == PEER_LOST, survivor
  assert time.monotonic() - began < 40
  assert 'process 0 of 2: another process is gone' in survivor.err


def test_a_stop_and_a_loss_leave_no_trace(pair, tmp_path, whole):
  workdir = tmp_path / 'run'
  stop_one(pair, workdir)
  lose_one(pair, workdir)
  assert codes(pair(workdir)) == [0, 0]
  assert content(workdir) == whole


@pytest.mark.slow
def test_one_process_goes_on_where_two_stopped(
  pair, fork, arguments, tmp_path, whole
):
  """And two again with what it leaves."""
  workdir = tmp_path / 'run'
  stop_one(pair, workdir)
  alone = fork(arguments(workdir, **FIELDS), **ONE_DEVICE)
  alone.wait_for(reached(workdir, steps_of(workdir)[-1] + 20))
  alone.kill(signal.SIGTERM)
  assert codes(pair(workdir)) == [0, 0]
  masks = [
    {path: leaf for path, leaf in leaves.items() if 'mask' in path}
    for leaves, _ in (content(workdir), whole)
  ]
  assert masks[0] == masks[1]
  assert masks[0]


def test_bad_input_ends_both(pair, tmp_path):
  (tmp_path / 'run').mkdir()
  (tmp_path / 'run' / 'foreign').write_text('')
  ended = [process.end() for process in pair(tmp_path / 'run')]
  assert [one.code for one in ended] == [2, 2]
  for one in ended:
    assert "holds 'foreign'" in one.err


@pytest.mark.slow
def test_a_process_that_hangs_is_not_waited_for(pair, tmp_path, whole):
  workdir = tmp_path / 'run'
  processes = pair(workdir, '--hang_timeout=5')
  processes[0].wait_for(reached(workdir, 20))
  processes[1].signal(signal.SIGSTOP)
  survivor = processes[0].end()
  processes[1].kill()
  assert survivor.code == PEER_LOST, survivor
  assert codes(pair(workdir)) == [0, 0]
  assert content(workdir) == whole


@pytest.mark.slow
def test_the_first_may_be_lost_too(pair, tmp_path):
  for trial in range(8):
    processes = pair(tmp_path / f'{trial}')
    processes[1].wait_for(reached(tmp_path / f'{trial}', 20))
    processes[0].kill()
    began = time.monotonic()
    survivor = processes[1].end()
    assert survivor.code == PEER_LOST, survivor
    assert time.monotonic() - began < 5
    assert 'process 1 of 2: another process is gone' in survivor.err


@pytest.mark.slow
def test_a_failure_of_the_first_alone_ends_both(pair, tmp_path):
  loggers = f"('{together.__name__}.{together.full_disk.__name__}',)"
  processes = pair(tmp_path / 'run', loggers=loggers)
  began = time.monotonic()
  assert codes(processes) == [1, PEER_LOST]
  assert time.monotonic() - began < 60


@pytest.mark.slow
def test_twenty_kills_lose_nothing(pair, tmp_path, whole):
  draw, kills, runs = random.Random(0), 0, 1
  began = time.monotonic()
  assert codes(pair(tmp_path / 'run0')) == [0, 0]
  length = time.monotonic() - began
  while kills < 20:
    workdir = tmp_path / f'run{runs}'
    processes = pair(workdir, '--hang_timeout=10')
    killed = processes[kills % 2]
    time.sleep(draw.uniform(0.2, 0.9) * length)
    kills += killed.running()
    killed.kill()
    other = processes[processes[0] is killed].end()
    assert other.code != 2, other
    if (workdir / 'summary.json').exists():
      assert content(workdir) == whole
      runs += 1
  assert codes(pair(workdir)) == [0, 0]
  assert content(workdir) == whole


@pytest.mark.slow
def test_masks_of_all_methods_are_those_of_one_process(tmp_path):
  port, both = str(free_port()), []
  for index in ('0', '1'):
    words = ('-m', together.__name__, str(tmp_path), port, index)
    both.append(
      subprocess.Popen(
        [sys.executable, *words],
        env=ENV | ONE_DEVICE,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
      )
    )
  outputs = [process.communicate(timeout=300)[0] for process in both]
  assert [process.returncode for process in both] == [0, 0]
  seen = [json.loads(output.splitlines()[-1]) for output in outputs]
  assert seen[0] == seen[1]
  alone = tmp_path / 'alone'
  configs = together.configs(alone)
  assert seen[0].keys() == configs.keys()
  for name, config in configs.items():
    train(config, alone / name, plots=False)
    masks, expected = (
      finished.state(finished.load(root / name)).mask_state.masks
      for root in (tmp_path, alone)
    )
    jax.tree.map(np.testing.assert_array_equal, masks, expected)
