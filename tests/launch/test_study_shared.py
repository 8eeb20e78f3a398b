"""Two studies at once on one runs folder, as real processes."""

import signal

import pytest

STUDY = """
from jaxsparse.studies.spec import Run, Study

TINY = {
  'model.features': (16,),
  'batch_size': 16,
  'num_steps': 4000,
  'eval.interval': 50,
  'eval.batch_size': 100,
  'checkpoint.interval': 200,
}


def get_config():
  return Study('Shared', (Run('dense', 'digits/mlp:dense', TINY, seeds=2),))
"""


@pytest.fixture
def begin(start, cache, tmp_path):
  path = tmp_path / 'shared.py'
  path.write_text(STUDY)

  def begin_one(name):
    args = (
      f'--config={path}',
      f'--workdir={tmp_path / name}',
      f'--runs_dir={tmp_path / "runs"}',
    )
    return start(args, module='study', **cache)

  return begin_one


def waits(process, other):
  return lambda: f'waiting for pid {other.pid}' in process.said()


@pytest.mark.slow
def test_each_member_is_trained_once_and_both_report(begin, tmp_path):
  first = begin('first')
  first.wait_for(lambda: any(tmp_path.glob('runs/*/metrics.jsonl')))
  second = begin('second')
  for process in (second, first):
    ended = process.end()
    assert ended.code == 0, ended
    assert '2/2 members' in ended.err.splitlines()[-1]
  members = list(tmp_path.glob('runs/*'))
  assert len(members) == len(list(tmp_path.glob('runs/*/summary.json'))) == 2
  tables = [
    (tmp_path / name / 'report' / 'table.csv').read_bytes()
    for name in ('first', 'second')
  ]
  assert tables[0] == tables[1]


@pytest.mark.slow
def test_a_study_takes_over_from_one_that_is_killed(begin, tmp_path):
  first = begin('first')
  first.wait_for(lambda: any(tmp_path.glob('runs/*/checkpoints/200')))
  second = begin('second')
  # It stands still, so that it cannot end before it is waited for.
  first.signal(signal.SIGSTOP)
  second.wait_for(waits(second, first))
  assert first.kill().code == -signal.SIGKILL
  ended = second.end()
  assert ended.code == 0, ended
  assert (tmp_path / 'second' / 'report' / 'report.html').exists()
  assert not (tmp_path / 'first' / 'report').exists()
