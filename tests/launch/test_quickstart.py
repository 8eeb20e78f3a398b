"""The quickstart as a process: it ends, says where, and is not repeated."""

import csv
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LABELS = [
  'dense',
  *(
    f'{method}{init}'
    for method in ('static', 'SET', 'RigL')
    for init in ('', ', sparse init')
  ),
]


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


@pytest.mark.parametrize('flag', ['--steps=0', '--seeds=0', '--workdir='])
def test_bad_input_is_one_clear_line_and_leaves_nothing(launch, tmp_path, flag):
  root = tmp_path / 'quickstart'
  ended = launch([f'--workdir={root}', flag], module='quickstart')
  assert ended.code == 2
  (line,) = ended.err.splitlines()
  name, _, value = flag.partition('=')
  assert line.startswith(f'error: {name}')
  assert ('got 0' if value else 'required') in line
  assert not root.exists()


def test_a_plan_starts_nothing(launch, tmp_path):
  flags = [f'--workdir={tmp_path}', '--seeds=2', '--steps=10', '--plan']
  ended = launch(flags, module='quickstart')
  assert ended.code == 0, ended
  assert f'\nmembers     {2 * len(LABELS)}\n' in ended.out
  assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_second_call_trains_nothing_and_prints_the_same(tmp_path):
  flags = (f'--workdir={tmp_path}', '--steps=60', '--seeds=1')
  first = quickstart(*flags)
  assert first.returncode == 0, first.stderr
  report = tmp_path / 'report' / 'report.html'
  assert first.stdout.splitlines()[-1] == f'Report: {report}'
  assert report.stat().st_size > 10_000
  with (report.parent / 'table.csv').open() as file:
    rows = [r for r in csv.DictReader(file) if r['metric'] == 'test_accuracy']
  assert [row['label'] for row in rows] == LABELS
  assert all(float(row['value']) > 0 for row in rows)
  for label in LABELS:
    assert f'\n{label} ' in first.stdout
  before = {
    path: path.stat().st_mtime_ns for path in tmp_path.glob('runs/*/*.json*')
  }
  assert len(before) == 3 * len(LABELS)
  again = quickstart(*flags)
  assert again.stdout == first.stdout
  for path, time in before.items():
    assert path.stat().st_mtime_ns == time
