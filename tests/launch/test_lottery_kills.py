"""A lottery that is killed and started again ends as one that never was.

What is compared: of each member all arrays of all checkpoints, its records byte
for byte, and its summary but for the times; and the table of the report.
"""

import contextlib
import hashlib
import json
import random
import signal
import time

import pytest

from tests.stored_steps import arrays_and_meta

ARMS = 'reinit,rate_rewind,repel,l2_start'
TIMES = ('steps_per_second', 'wall_seconds', 'made_with')


class Lottery:
  """One lottery in one place, started and killed."""

  def __init__(self, start, launch, root, cache, levels, arms, seeds, steps):
    self._start, self._launch, self._cache = start, launch, cache
    self.root = root
    self._args = [
      '--config=digits/mlp:dense',
      f'--workdir={root}',
      *(
        f'--levels={levels}',
        '--rewind=7',
        f'--arms={arms}',
        f'--seeds={seeds}',
      ),
      '--config.model.features=(16,)',
      *(f'--config.num_steps={steps}', '--config.batch_size=16'),
      *('--config.log_interval=10', '--config.checkpoint.interval=10'),
      *('--config.eval.interval=20', '--config.eval.batch_size=355'),
      '--config.gradient_flow.interval=0',
    ]

  def records(self):
    """Lines of metrics.jsonl, of all members."""
    found = self.root.glob('runs/*/metrics.jsonl')
    return sum(path.read_bytes().count(b'\n') for path in found)

  def finish(self):
    ended = self._launch(self._args, module='lottery')
    assert ended.code == 0, ended

  def kill(self, rng):
    """At a random moment, in which some members are under way."""
    before = self.records()
    process = self._start(self._args, module='lottery', **self._cache)
    more = rng.randint(1, 12)
    with contextlib.suppress(AssertionError):  # It may end before.
      process.wait_for(lambda: self.records() >= before + more)
    time.sleep(rng.uniform(0, 0.1))
    return process.kill().code == -signal.SIGKILL


def arrays(step):
  """Digests of all arrays of a checkpoint: weights, masks, moments ..."""
  return {
    path: (str(leaf.dtype), hashlib.sha256(leaf.tobytes()).hexdigest())
    for path, leaf in arrays_and_meta(step)[0].items()
  }


def content(root):
  """What must be the same, by path."""
  found = {'table': (root / 'report' / 'table.csv').read_bytes()}
  for member in (root / 'runs').iterdir():
    summary = json.loads((member / 'summary.json').read_text())
    found[f'{member.name}/summary'] = {
      name: value for name, value in summary.items() if name not in TIMES
    }
    found[f'{member.name}/records'] = (member / 'metrics.jsonl').read_bytes()
    for step in (member / 'checkpoints').iterdir():
      if step.name.isdecimal():
        found[f'{member.name}/{step.name}'] = arrays(step)
  return found


def assert_killed_is_unbroken(start, launch, folder, cache, kills, **fields):
  rng = random.Random(kills)
  lotteries = [
    Lottery(start, launch, folder / name, cache, **fields)
    for name in ('unbroken', 'killed')
  ]
  unbroken, killed = lotteries
  unbroken.finish()
  assert sum(killed.kill(rng) for _ in range(kills)) >= min(kills, 3)
  killed.finish()
  expected, found = (content(one.root) for one in lotteries)
  assert found.keys() == expected.keys()
  for name, value in expected.items():
    assert found[name] == value, name


def test_kills_leave_no_trace_in_a_lottery(fork, launch, tmp_path, cache):
  fields = {'levels': 1, 'arms': '', 'seeds': 1, 'steps': 40}
  assert_killed_is_unbroken(fork, launch, tmp_path, cache, 1, **fields)


@pytest.mark.slow
def test_many_kills_leave_no_trace_in_a_lottery(start, launch, tmp_path, cache):
  fields = {'levels': 2, 'arms': ARMS, 'seeds': 2, 'steps': 60}
  assert_killed_is_unbroken(start, launch, tmp_path, cache, 10, **fields)
