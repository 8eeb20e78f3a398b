"""The program that finds lottery tickets: plans, tries, runs, refuses."""

import ast
import pathlib
import re
import shlex

import pytest

ROOT = pathlib.Path(__file__).parents[2]

TINY = (
  *('--config.model.features=(16,)', '--config.batch_size=16'),
  *('--config.eval.interval=20', '--config.eval.batch_size=355'),
  '--config.gradient_flow.interval=0',
)


@pytest.fixture
def lottery(launch, tmp_path):
  """`lottery(*flags, num_steps=20) -> code, out, err`."""

  def one(*flags, num_steps=20):
    args = [
      '--config=digits/mlp:dense',
      f'--config.num_steps={num_steps}',
      f'--workdir={tmp_path / "lottery"}',
      *TINY,
      *flags,
    ]
    return launch(args, module='lottery')

  return one


def row(text, name):
  """The words of the first line that begins with `name`."""
  return re.search(rf'^{name} (.*)$', text, re.MULTILINE)[1].split()


def test_the_plan_counts_the_steps_of_each_level(lottery, tmp_path):
  flags = ('--levels=2', '--seeds=2', '--rewind=5', '--arms=restart')
  done = lottery(*flags, '--plan')
  assert done.code == 0, done
  assert row(done.out, 'dense') == ['2', '40']
  # 2 levels of 2 seeds, from step 5 on; `restart` trains all 20 steps.
  assert row(done.out, 'ticket') == ['4', str(4 * 15)]
  assert row(done.out, 'restart') == ['4', str(4 * 20)]
  assert row(done.out, 'steps') == [str(40 + 60 + 80)]
  assert 'restart needs dense\n' in done.out
  assert not list(tmp_path.iterdir())


def test_a_dry_run_tries_each_row(lottery, tmp_path):
  flags = ('--levels=1', '--seeds=1', '--rewind=5', '--arms=repel')
  done = lottery(*flags, '--dry_run')
  assert done.code == 0, done
  assert '3 of 3 rows: losses and weights finite' in done.out
  # 15 steps, 15 x 16 of 1,442 examples, 947 of 1,184 weights.
  members, steps, epochs, *_ = row(done.out, 'ticket, level 1')
  assert (members, steps, epochs) == ('1', '15', '0.1664')
  assert row(done.out, 'ticket, level 1')[5] == '947'
  assert not list(tmp_path.iterdir())


def test_a_lottery_is_run_and_extended(lottery, tmp_path):
  done = lottery('--levels=1', '--seeds=1', '--arms=', '--rewind=0.05ep')
  assert done.code == 0, done
  runs = tmp_path / 'lottery' / 'runs'
  times = {p: p.stat().st_mtime_ns for p in runs.glob('*/*.json')}
  assert sum(path.name == 'summary.json' for path in times) == 2
  assert 'Report: ' in done.out
  again = lottery('--levels=2', '--seeds=1', '--arms=', '--rewind=4')
  assert again.code == 0, again
  later = {p: p.stat().st_mtime_ns for p in runs.glob('*/*.json')}
  assert times.items() < later.items()
  assert len(row(again.out, 'ticket')) == 4
  report = (tmp_path / 'lottery/report/report.md').read_text()
  assert 'Lottery tickets of digits/mlp:dense' in report
  # 5 epochs in 100 are 4 steps, before which no level has any.
  assert '3 members of 16 to 20 steps each.' in report


@pytest.mark.parametrize(
  ('flag', 'error'),
  [
    ('--levels=0', 'levels: got 0; accepted is a number'),
    ('--levels=two', "--levels: got 'two'; accepted is a number, or ascending"),
    ('--levels=', "--levels: got ''; accepted"),
    ('--levels=3,2', 'levels: got (3, 2); accepted'),
    ('--arms=reinit,shufle', "arms: got 'shufle'; accepted are"),
    ('--rate=1.0', 'config.pruning.rate: got 1.0; accepted is in [0, 1)'),
    ('--rewind=2epp', "rewind: got '2epp'; accepted is a step, or an epoch"),
    ('--rewind=20', "rewind: got '20'; accepted"),
    ('--retrain=9ep', "retrain: got '9ep'; accepted"),
    ('--criterion=size', "config.pruning.criterion: 'size' is not one of"),
    ('--layers=x=0.1', "config.pruning.layers: 'x' fits none of the kernels"),
    ('--children=-2', 'children: got -2; accepted'),
    ('--seeds=0', "study.runs['dense'].seeds: got 0"),
    ('--config.batch_size=0', 'config.batch_size: got 0'),
  ],
)
def test_what_cannot_be_is_said_in_a_line(lottery, tmp_path, flag, error):
  """Before anything is written or compiled."""
  done = lottery(flag)
  assert done.code == 2, done
  assert done.err.startswith(f'error: {error}'), done.err
  assert done.err.count('\n') == 1
  assert not list(tmp_path.iterdir())


def test_the_command_of_the_docstring_runs(launch, tmp_path):
  source = (ROOT / 'launch' / 'lottery.py').read_text()
  docstring = ast.get_docstring(ast.parse(source))
  command = re.search(r'python -m launch.lottery ((?:.*\\\n)*.*)', docstring)[1]
  flags = shlex.split(re.sub(r'[\[\]]|\.\.\.|\\\n', ' ', command))
  assert {'--plan', '--dry_run', '--rewind=500'} <= set(flags)
  flags.remove('--dry_run')
  flags = [flag.replace('DIR', str(tmp_path / 'new')) for flag in flags]
  done = launch([*flags, '--levels=1', '--seeds=1'], module='lottery')
  assert done.code == 0, done
  assert row(done.out, 'members') == ['4']
  assert row(done.out, 'steps') == ['1,300']
  assert not list(tmp_path.iterdir())
