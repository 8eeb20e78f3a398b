"""A run that is killed, stopped and damaged ends as one that never was.

What is compared: every array of the last checkpoint (params, masks, optimiser
state, step) and its account of the run, bit for bit, and metrics.jsonl, byte
for byte.
"""

import contextlib
import functools
import json
import os
import pathlib
import random
import re
import signal
import time

import pytest

from tests.stored_steps import arrays_and_meta

STEPS = 100


def lines(workdir):
  path = workdir / 'metrics.jsonl'
  return path.read_bytes().count(b'\n') if path.exists() else 0


def under_way(workdir):
  """Saves that have begun and not ended; a new one is a new inode."""
  with contextlib.suppress(FileNotFoundError):
    return {
      (entry.name, entry.inode())
      for entry in os.scandir(workdir / 'checkpoints')
      if 'orbax-checkpoint-tmp' in entry.name
    }
  return set()


def steps_saved(workdir):
  folder = workdir / 'checkpoints'
  return sorted(int(p.name) for p in folder.iterdir() if p.name.isdecimal())


def end_state(workdir, step=STEPS):
  stored, meta = arrays_and_meta(workdir / 'checkpoints' / str(step))
  arrays = {p: (a.dtype, a.tobytes()) for p, a in stored.items()}
  return arrays, {k: v for k, v in meta.items() if k != 'wall_seconds'}


def assert_same_end(workdir, reference):
  arrays, meta = end_state(workdir)
  expected, expected_meta = end_state(reference)
  kinds = ('params/', 'mask_state/masks/', 'opt_state/', 'step')
  for kind in kinds:
    assert any(p.startswith(kind) for p in expected)
  assert arrays == expected
  assert meta == expected_meta
  found = (workdir / 'metrics.jsonl').read_bytes()
  assert found == (reference / 'metrics.jsonl').read_bytes()
  records = [json.loads(line) for line in found.splitlines()]
  at = [r['step'] for r in records]
  assert len(set(at)) == len(at)
  assert at == sorted(at)


def kill_somewhere(start, args, workdir, rng, env):
  """SIGKILL at a random moment after the first or second new record."""
  before = lines(workdir)
  process = start(args, **env)
  more = rng.randint(1, 2)
  process.wait_for(lambda: lines(workdir) >= before + more)
  time.sleep(rng.uniform(0, 0.05))
  assert process.kill().code == -signal.SIGKILL


def kill_in_start(start, args, workdir, rng, env):
  """SIGKILL as it imports, builds, restores or compiles."""
  process = start(args, **env)
  process.wait_for((workdir / 'config.json').exists)
  time.sleep(rng.uniform(0, 1))
  assert process.kill().code == -signal.SIGKILL


def kill_in_save(start, args, workdir, rng, env):
  left = under_way(workdir)
  process = start(args, **env)
  process.wait_for(lambda: under_way(workdir) - left)
  assert process.kill().code == -signal.SIGKILL


def stop(start, args, workdir, number, env):
  """A signal that saves first; returns the step and what was said."""
  before = lines(workdir)
  process = start(args, **env)
  process.wait_for(lambda: lines(workdir) > before)
  ended = process.kill(number)
  assert ended.code == 42, ended
  said = re.search(r'stopped and saved at step (\d+)', ended.err)
  step = int(said[1])
  assert steps_saved(workdir)[-1] == step
  assert 'Traceback' not in ended.err
  return step, ended.err


def break_newest(workdir):
  """Cuts the largest file of the newest step in half; tells the step."""
  newest = steps_saved(workdir)[-1]
  found = (workdir / 'checkpoints' / str(newest)).rglob('*')
  largest = max(filter(os.path.isfile, found), key=os.path.getsize)
  os.truncate(largest, os.path.getsize(largest) // 2)
  return newest


def test_kills_stops_and_damage_leave_no_trace(
  start, fork, arguments, tmp_path, cache
):
  rng = random.Random(0)
  fields = {'num_steps': STEPS, 'checkpoint.interval': 10}
  reference, workdir = tmp_path / 'reference', tmp_path / 'run'
  unbroken = start(arguments(reference, **fields), **cache).end()
  assert unbroken.code == 0, unbroken
  args = arguments(workdir, **fields)

  kill_in_start(fork, args, workdir, rng, cache)
  kill_somewhere(fork, args, workdir, rng, cache)
  kill_in_save(fork, args, workdir, rng, cache)
  stop(fork, args, workdir, signal.SIGTERM, cache)

  broken = break_newest(workdir)
  step, said = stop(fork, args, workdir, signal.SIGINT, cache)
  assert re.search(rf'passed over: .*/checkpoints/{broken}\b', said)
  resumed = int(re.search(r'going on from step (\d+)', said)[1])
  assert resumed < broken <= step

  # Two runs at once: the second is turned away, and harms nothing.
  first = fork(args, **cache)
  holder = f'pid {first.pid}'
  first.wait_for(lambda: holder in (workdir / '.lock').read_text())
  first.signal(signal.SIGSTOP)
  second = fork(args, **cache).end()
  first.signal(signal.SIGCONT)
  assert second.code == 2
  assert second.err.splitlines()[-1].startswith(f'error: {workdir} is in use')
  assert holder in second.err

  ended = first.end()
  assert ended.code == 0, ended
  assert_same_end(workdir, reference)
  results = [
    json.loads((d / 'summary.json').read_text()) for d in (reference, workdir)
  ]
  for result in results:
    result.pop('wall_seconds')
    result.pop('steps_per_second')
  assert results[0] == results[1]


@pytest.mark.slow
@pytest.mark.parametrize('method', ['set', 'snfs', 'gmp', 'rigl'])
def test_any_number_of_kills_leaves_no_trace(
  start, arguments, tmp_path, method
):
  """Under Adam, and nothing compiled is shared."""
  rng = random.Random(method)
  fields = {
    'updater.name': method,
    'optimizer.name': 'adam',
    'optimizer.learning_rate': 0.01,
    'init.name': 'sparse',
    'num_steps': STEPS,
    'checkpoint.interval': 10,
  }
  reference, workdir = tmp_path / 'reference', tmp_path / 'run'
  unbroken = start(arguments(reference, **fields)).end()
  assert unbroken.code == 0, unbroken
  args = arguments(workdir, **fields)
  for _ in range(6):
    how = rng.choice([kill_in_start, kill_somewhere, kill_in_save])
    how(start, args, workdir, rng, {})
    assert not (workdir / 'summary.json').exists()
  ended = start(args).end()
  assert ended.code == 0, ended
  assert_same_end(workdir, reference)


@pytest.mark.slow
def test_kills_of_runs_under_vmap_leave_no_trace(start, arguments, tmp_path):
  """Of the seeds of a sweep, which train together."""
  rng = random.Random(0)
  fields = {'num_steps': STEPS, 'checkpoint.interval': 10}
  flags = '--parallel=vmap', '--sweep=config.seed=0:2'
  sweep = functools.partial(start, module='sweep')
  reference, workdir = tmp_path / 'reference', tmp_path / 'sweep'
  unbroken = sweep(arguments(reference, *flags, **fields)).end()
  assert unbroken.code == 0, unbroken
  names = sorted(path.name for path in (reference / 'runs').iterdir())
  assert len(names) == 2
  args = arguments(workdir, *flags, **fields)
  for _ in range(6):
    how = rng.choice([kill_in_start, kill_somewhere, kill_in_save])
    how(sweep, args, workdir / 'runs' / rng.choice(names), rng, {})
  ended = sweep(args).end()
  assert ended.code == 0, ended
  for name in names:
    assert_same_end(workdir / 'runs' / name, reference / 'runs' / name)
    made_on = end_state(workdir / 'runs' / name)[1]['made_on']
    assert (made_on['executor'], made_on['width']) == ('vmap', 2)


def children(pid):
  """Processes that `pid` has started and that live."""
  found = []
  for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
      state, parent = stat.read_text().rpartition(')')[2].split()[:2]
      if int(parent) == pid and state != 'Z':
        found.append(stat.parent)
  return found


@pytest.mark.slow
def test_a_stream_loses_and_repeats_nothing(start, arguments, tmp_path):
  """Killed in mid-epoch, with workers, and gone on with another number."""
  fields = {
    'num_steps': STEPS,
    'checkpoint.interval': 10,
    'data.source': 'stream',
  }
  reference, workdir = tmp_path / 'reference', tmp_path / 'run'
  augment = "--config.data.augment=('crop','flip')"
  unbroken = start(arguments(reference, augment, data__workers=0, **fields))
  assert unbroken.end().code == 0
  process = start(arguments(workdir, augment, data__workers=2, **fields))
  process.wait_for(lambda: lines(workdir) >= 3, timeout=600)
  workers = children(process.pid)
  assert len(workers) >= 2
  assert process.kill().code == -signal.SIGKILL
  assert not (workdir / 'summary.json').exists()
  limit = time.monotonic() + 300
  while any(worker.exists() for worker in workers):
    assert time.monotonic() < limit, workers
    time.sleep(0.1)
  ended = start(arguments(workdir, augment, data__workers=1, **fields)).end()
  assert ended.code == 0, ended
  assert end_state(workdir)[0] == end_state(reference)[0]
  found = [(d / 'metrics.jsonl').read_bytes() for d in (reference, workdir)]
  assert found[0] == found[1]


@pytest.mark.slow
def test_a_signal_to_all_while_workers_start_is_a_save(
  start, arguments, tmp_path
):
  fields = {'data.source': 'stream', 'data.workers': 2, 'num_steps': STEPS}
  args = arguments(tmp_path / 'run', **fields)
  process = start(args)
  process.wait_for(lambda: len(children(process.pid)) >= 2)
  for pid in (process.pid, *(int(p.name) for p in children(process.pid))):
    os.kill(pid, signal.SIGTERM)
  stopped = process.end()
  assert stopped.code == 42, stopped
  assert steps_saved(tmp_path / 'run')[-1] < STEPS
  assert start(args).end().code == 0
