"""A study that is killed and restarted ends as one that never was.

What is compared, byte for byte: all of its report but the times, and of each
member the last checkpoint's arrays, the metrics and the failure.
"""

import contextlib
import random
import re
import signal
import time

import pytest

from tests.stored_steps import arrays_at

STUDY = """
from jaxsparse.claims import Ordering
from jaxsparse.studies.spec import Analysis, Curves, Run, Study

TINY = {
  'model.features': (16,),
  'batch_size': 16,
  'num_steps': STEPS,
  'log_interval': 10,
  'eval.interval': 20,
  'eval.batch_size': 100,
  'gradient_flow.interval': 20,
  'gradient_flow.probe_size': 50,
  'checkpoint.interval': 10,
}
SPARSE = TINY | {'updater.update_interval': 5}


def get_config():
  return Study(
    title='Kills',
    runs=(
      Run('dense', 'digits/mlp:dense', TINY, seeds=2),
      Run(
        'static',
        'digits/mlp:static',
        TINY | {'init.checkpoint': '{dense}'},
        seeds=(1,),
      ),
      Run(
        'rigl',
        'digits/mlp:rigl',
        SPARSE,
        grid={'updater.sparsity': (0.5, 0.8, 1.0)},  # The last cannot be.
        seeds=1,
      ),
      Run(
        'blown',
        'digits/mlp:set',
        SPARSE | {'optimizer.learning_rate': 1e30},
        seeds=1,
      ),
    ),
    across='updater.sparsity',
    figures=(Curves(), Curves('gradient_norm', log=True)),
    claims=(Ordering(('static', 'dense')),),
    analyses=(Analysis('overlap', ('static', 'dense'), 'mask_overlap'),),
  )
"""
MEMBERS = 6
STEPS = 120


class Runs:
  """One study in one place, started and killed."""

  def __init__(self, start, launch, folder, cache):
    self._start, self._launch, self._cache = start, launch, cache
    self.root = folder / 'study'
    path = folder / 'kills.py'
    path.write_text(STUDY.replace('STEPS', str(STEPS)))
    self._args = [f'--config={path}', f'--workdir={self.root}']

  def begin(self):
    return self._start(self._args, module='study', **self._cache)

  def records(self):
    """Lines of metrics.jsonl, of all members."""
    found = self.root.glob('runs/*/metrics.jsonl')
    return sum(path.read_bytes().count(b'\n') for path in found)

  def finish(self):
    ended = self._launch(self._args, module='study')
    assert ended.code == 0, ended
    return ended

  def kill(self, rng, number=signal.SIGKILL):
    """At a random moment, in which some members are under way."""
    before = self.records()
    process = self.begin()
    more = rng.randint(1, 12)
    with contextlib.suppress(AssertionError):  # It may end before.
      process.wait_for(lambda: self.records() >= before + more)
    time.sleep(rng.uniform(0, 0.1))
    return process.kill(number)


def end_state(member):
  steps = (p.name for p in (member / 'checkpoints').iterdir())
  last = max(int(name) for name in steps if name.isdecimal())
  stored = arrays_at(member, last)
  return last, {p: (a.dtype, a.tobytes()) for p, a in stored.items()}


def content(root):
  """What must be the same, by path."""
  found = {}
  for path in (root / 'report').rglob('*'):
    if path.is_file() and path.name != 'times.csv':
      text = path.read_bytes()
      if path.name == 'report.html':
        text, times = re.subn(
          rb'<section id="times">.*?</section>', b'', text, flags=re.DOTALL
        )
        assert times == 1
      if path.name == 'report.md':
        text, times, _ = text.partition(b'\n## Times\n')
        assert times
      found[str(path.relative_to(root))] = text
  for member in (root / 'runs').iterdir():
    for name in ('metrics.jsonl', 'failed.json', 'config.json'):
      if (member / name).exists():
        found[f'{member.name}/{name}'] = (member / name).read_bytes()
    found[f'{member.name}/checkpoints'] = end_state(member)
  for path in root.glob('analyses/*/*.json'):
    found[str(path.relative_to(root))] = path.read_bytes()
  return found


@pytest.fixture
def runs(start, launch, tmp_path, cache):
  return Runs(start, launch, tmp_path, cache)


@pytest.fixture
def reference(runs):
  """What an unbroken study leaves; its place is free again."""
  runs.finish()
  expected = content(runs.root)
  assert sum('checkpoints' in name for name in expected) == MEMBERS
  assert sum('failed.json' in name for name in expected) == 1
  assert sum(name.startswith('analyses/') for name in expected) == 1
  assert {'report/report.html', 'report/table.csv'} <= set(expected)
  runs.root.rename(runs.root.with_name('reference'))
  return expected


def assert_same(found, expected):
  assert found.keys() == expected.keys()
  for name, value in expected.items():
    assert found[name] == value, name


@pytest.mark.slow
def test_kills_leave_no_trace_in_a_report(runs, reference):
  rng = random.Random(0)
  for _ in range(3):
    assert runs.kill(rng).code == -signal.SIGKILL
  stopped = runs.kill(rng, signal.SIGTERM)
  assert stopped.code == 42, stopped
  done = re.search(r'stopped and saved with (\d+) of 6 members', stopped.err)
  assert int(done[1]) == len(list(runs.root.glob('runs/*/summary.json')))
  assert not (runs.root / 'report').exists()
  first = runs.finish()
  assert_same(content(runs.root), reference)

  # And is not repeated.
  files_of = [*runs.root.glob('runs/*/*.json*'), *runs.root.glob('analyses/*')]
  times = {path: path.stat().st_mtime_ns for path in files_of}
  assert runs.finish().out == first.out
  assert_same(content(runs.root), reference)
  assert times == {path: path.stat().st_mtime_ns for path in files_of}


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(4))
def test_any_number_of_kills_leaves_no_trace(runs, reference, seed):
  rng = random.Random(seed)
  for _ in range(rng.randint(4, 8)):
    runs.kill(rng)
  runs.finish()
  assert_same(content(runs.root), reference)
