"""`python -m launch.train`: exit codes, what is printed, what is left."""

import json
import re
import signal

import pytest


def content(workdir):
  """Every file but the lock, with its bytes and the time of its last change."""
  return {
    path: (path.read_bytes(), path.stat().st_mtime_ns)
    for path in workdir.rglob('*')
    if path.is_file() and path.name != '.lock'
  }


def short(arguments, workdir, *flags, **fields):
  return arguments(workdir, *flags, **{'num_steps': 20} | fields)


@pytest.fixture(scope='module')
def run(launch, arguments, tmp_path_factory):
  """A finished run, and what it printed."""
  workdir = tmp_path_factory.mktemp('train') / 'run'
  ended = launch(short(arguments, workdir))
  assert ended.code == 0, ended
  return workdir, ended


def test_the_last_lines_are_a_table_of_the_summary(run):
  workdir, ended = run
  summary = json.loads((workdir / 'summary.json').read_text())
  table, _, files = ended.out.partition('\n\n')
  rows = dict(
    re.split(r' {2,}', line.strip(), maxsplit=1) for line in table.splitlines()
  )
  assert files.startswith(f'Files in {workdir}: ')
  assert 'metrics.jsonl' in files
  accuracy = summary['test_accuracy']
  assert rows['test accuracy'] == f'{100 * accuracy:.2f} %'
  assert rows['active weights'] == '238 of 1,184'
  assert rows['config digest'] == summary['config_digest']
  assert rows['steps'] == '20'


def test_without_a_terminal_the_log_is_of_clean_lines(run):
  _, ended = run
  lines = ended.err.splitlines()
  assert all(re.match(r'\d\d:\d\d:\d\d run: step \d+/20 ', x) for x in lines)
  last = r'step 20/20 .*accuracy 0\.\d{4} .*loss \d\.\d{4}'
  assert re.search(last, lines[-1])
  assert '\r' not in ended.err


def test_the_same_command_prints_a_finished_run_again(launch, arguments, run):
  workdir, ended = run
  before = content(workdir)
  again = launch(short(arguments, workdir))
  assert again.code == 0
  assert again.out == ended.out
  assert again.err.endswith(f'{workdir} is finished; nothing to do\n')
  assert content(workdir) == before


def test_a_workdir_of_another_config_is_left_alone(launch, arguments, run):
  workdir, _ = run
  before = content(workdir)
  other = short(arguments, workdir, seed=1)
  ended = launch([*other, '--config.updater.sparsity=0.7'])
  assert (ended.code, ended.out) == (2, '')
  (line,) = ended.err.splitlines()
  assert line.startswith('error: ')
  assert 'config.seed: 0 -> 1; config.updater.sparsity: 0.8 -> 0.7' in line
  assert content(workdir) == before


def test_what_may_differ_between_commands_of_one_run(launch, arguments, run):
  workdir, ended = run
  again = launch(short(arguments, workdir, **{'checkpoint.keep': 5}))
  assert (again.code, again.out) == (0, ended.out)


def test_a_loss_that_is_not_finite_ends_with_its_own_code(
  launch, arguments, tmp_path
):
  args = short(arguments, tmp_path / 'run', **{'optimizer.learning_rate': 1e30})
  ended = launch(args)
  assert (ended.code, ended.out) == (3, '')
  line = ended.err.splitlines()[-1]
  assert re.fullmatch(
    r'error: the loss is not finite at step \d+; the last good checkpoint is'
    r' that of step 0',
    line,
  )
  assert 'Traceback' not in ended.err


def test_a_run_starts_from_another_run(launch, arguments, run, tmp_path):
  source, _ = run
  args = short(arguments, tmp_path / 'run', **{'init.checkpoint': source})
  ended = launch(args)
  assert ended.code == 0, ended
  last, first = (
    [json.loads(x) for x in (d / 'metrics.jsonl').read_text().splitlines()]
    for d in (source, tmp_path / 'run')
  )
  assert first[0]['eval_accuracy'] == last[-1]['eval_accuracy']
  # It is not needed any more once the run has begun.
  moved = source.rename(source.with_name('moved'))
  try:
    assert launch(args).code == 0
  finally:
    moved.rename(source)


@pytest.mark.parametrize(
  ('fields', 'said'),
  [
    ({'model.features': '(17,)'}, "leaf 'Dense_0/bias' has shape"),
    ({'updater.sparsity': 0.5}, "active weights at 'Dense_0/kernel'"),
    ({'init.name': 'sparse'}, 'config.init.name: sparse would redraw'),
  ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
  launch, arguments, run, tmp_path, fields, said
):
  start = {'init.checkpoint': run[0]}
  ended = launch(short(arguments, tmp_path / 'run', **start, **fields))
  assert ended.code == 2
  assert said in ended.err.splitlines()[-1]
  assert not (tmp_path / 'run').exists()


def test_a_traceback_comes_when_asked_for(launch, arguments, tmp_path):
  args = short(arguments, tmp_path / 'run', batch_size=0)
  ended = launch([*args, '--verbosity=1'])
  assert ended.code == 2
  assert 'Traceback' in ended.err
  assert ended.err.splitlines()[-1].startswith('error: config.batch_size')


def test_a_second_signal_ends_it_at_once(fork, arguments, tmp_path):
  process = fork(arguments(tmp_path / 'run', num_steps=100_000))
  process.wait_for((tmp_path / 'run' / 'config.json').exists)
  process.signal(signal.SIGSTOP)
  process.signal(signal.SIGTERM)
  process.signal(signal.SIGINT)
  ended = process.kill(signal.SIGCONT)
  assert ended.code in (128 + signal.SIGTERM, 128 + signal.SIGINT)


def test_tensorflow_is_not_imported(run, tensorflow):
  assert (run[0] / 'summary.json').exists()
  assert (tensorflow.parent / 'tensorflow.py').exists()
  assert not tensorflow.exists()
