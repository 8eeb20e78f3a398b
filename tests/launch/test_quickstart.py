"""The quickstart as a process: it ends, says where, and is not repeated."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
RUNS = {
  'dense',
  *(
    f'{m}_{i}_init'
    for m in ('static', 'set', 'rigl')
    for i in ('dense', 'sparse')
  ),
}


def quickstart(*flags):
  """A short quickstart, ended."""
  command = [sys.executable, '-m', 'launch.quickstart', *flags]
  # One device, as a user has; the suite's own flag asks for eight.
  outside = {k: v for k, v in os.environ.items() if k != 'XLA_FLAGS'}
  return subprocess.run(
    command,
    cwd=ROOT,
    env=outside | {'XLA_FLAGS': '--xla_backend_optimization_level=0'},
    capture_output=True,
    text=True,
    timeout=300,
    check=False,
  )


@pytest.mark.parametrize('flag', ['--steps=0', '--replicates=0'])
def test_bad_numbers_are_one_clear_line_and_leave_nothing(tmp_path, flag):
  root = tmp_path / 'quickstart'
  ended = quickstart(f'--workdir={root}', flag)
  assert ended.returncode == 2
  (line,) = ended.stderr.splitlines()
  assert line.startswith('error: config.')
  assert 'got 0' in line
  assert not root.exists()


@pytest.mark.slow
def test_the_second_call_says_it_is_finished_and_prints_the_same(tmp_path):
  flags = (f'--workdir={tmp_path}', '--steps=30', '--replicates=1')
  first = quickstart(*flags).stdout
  summaries = {p.parent.name for p in tmp_path.glob('*/summary.json')}
  assert summaries == RUNS
  for name in ('accuracy.png', 'gradient_norm.png'):
    assert str(tmp_path / name) in first
    assert (tmp_path / name).exists()
  assert 'finished' not in first
  notice, _, rest = quickstart(*flags).stdout.partition('\n')
  assert 'finished' in notice
  assert rest == first
