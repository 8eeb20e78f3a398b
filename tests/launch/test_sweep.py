"""`python -m launch.sweep`: a table from one command, and a search."""

import csv
import json
import signal

import pytest

SPARSITIES = '--sweep=config.updater.sparsity=0.5,0.8'
SEARCH = (
  '--search=config.optimizer.learning_rate=log:0.01:1',
  '--search=config.updater.drop_fraction=0.1:0.5',
  '--sweep=config.seed=0:2',
)
SEEDS = '--sweep=config.seed=0:2'
VALIDATION = {'data.validation': 0.2}


def arguments_of(arguments, workdir, *flags, **fields):
  return arguments(workdir, *flags, **{'num_steps': 20} | fields)


def rows(path):
  with path.open() as file:
    return list(csv.DictReader(file))


def members(workdir):
  return sorted(p.parent.name for p in workdir.glob('runs/*/summary.json'))


@pytest.fixture(scope='module')
def sweep(launch, arguments, tmp_path_factory):
  """A finished sweep of two sparsities and two seeds, and what it printed."""
  workdir = tmp_path_factory.mktemp('sweep') / 'sweep'
  args = arguments_of(arguments, workdir, SPARSITIES, SEEDS)
  ended = launch(args, module='sweep')
  assert ended.code == 0, ended
  return workdir, args, ended


def test_a_sweep_prints_a_table_and_names_its_report(sweep):
  workdir, _, ended = sweep
  heading, half, most, last = ended.out.splitlines()
  assert heading.split() == ['run', 'sparsity', 'test', 'accuracy', '(%)']
  assert half.split()[:3] == ['digits/mlp:rigl', '50', '%']
  assert most.split()[:3] == ['digits/mlp:rigl', '80', '%']
  assert '±' in half
  assert last == f'Report: {workdir}/report/report.html'
  found = rows(workdir / 'report' / 'table.csv')
  points = {(r['updater.sparsity'], r['seed']) for r in found}
  assert points == {(s, k) for s in ('0.5', '0.8') for k in '01'}
  figures = {p.name for p in (workdir / 'report' / 'figures').iterdir()}
  for end in ('png', 'svg', 'pdf', 'txt'):
    assert f'01-test_accuracy-against-sparsity.{end}' in figures


def test_members_are_those_of_the_config_with_its_overrides(sweep):
  workdir, _, _ = sweep
  names = members(workdir)
  assert [name.rsplit('-', 1)[0] for name in names] == [
    f'digits-mlp-rigl-{s}-seed{k}' for s in (0.5, 0.8) for k in (0, 1)
  ]


def test_the_same_command_trains_nothing_again(launch, sweep):
  workdir, args, ended = sweep
  before = {p: p.stat().st_mtime_ns for p in workdir.glob('runs/*/*.json*')}
  assert launch(args, module='sweep').out == ended.out
  assert before == {p: p.stat().st_mtime_ns for p in before}


def test_a_plan_starts_nothing(launch, arguments, sweep, tmp_path):
  args = arguments_of(
    arguments,
    tmp_path / 'new',
    '--plan',
    '--sweep=config.updater.sparsity=0.5,0.9',
    SEEDS,
    f'--runs_dir={sweep[0]}/runs',
  )
  ended = launch(args, module='sweep')
  assert ended.code == 0
  assert ended.out.splitlines()[1].split() == ['sweep', '4', '2', '40']
  assert not (tmp_path / 'new').exists()


@pytest.mark.slow
def test_a_search_that_was_killed_and_extended_ends_as_one_that_was_not(
  launch, start, arguments, tmp_path, cache
):
  unbroken, killed, extended = (
    arguments_of(
      arguments, tmp_path / name, *SEARCH, f'--trials={trials}', **VALIDATION
    )
    for name, trials in (('unbroken', 3), ('killed', 2), ('killed', 3))
  )
  expected = launch(unbroken, module='sweep')
  assert expected.code == 0, expected
  process = start(killed, module='sweep', **cache)
  process.wait_for(lambda: len(members(tmp_path / 'killed')) > 2)
  assert process.kill().code == -signal.SIGKILL
  before = {
    p: p.stat().st_mtime_ns for p in tmp_path.glob('killed/runs/*/summary.json')
  }
  ended = launch(extended, module='sweep')
  assert ended.code == 0, ended
  assert before == {p: p.stat().st_mtime_ns for p in before}
  assert members(tmp_path / 'killed') == members(tmp_path / 'unbroken')
  for name in ('trials.csv', 'search.svg', 'search.png'):
    here, there = (
      (tmp_path / way / 'report' / name).read_bytes()
      for way in ('killed', 'unbroken')
    )
    assert here == there
  assert ended.out.splitlines()[:6] == expected.out.splitlines()[:6]
  assert ended.out.startswith('best of 3 trials: trial ')
  found = rows(tmp_path / 'unbroken' / 'report' / 'trials.csv')
  assert len(found) == 3
  assert all(r['seeds'] == '2' and not r['error'] for r in found)
  for workdir in (tmp_path / 'unbroken', tmp_path / 'killed'):
    listed = json.loads((workdir / 'study.json').read_text())['members']
    assert listed == members(workdir)
    assert len(listed) == 6
  refused = launch([*extended, '--config.seed=1'], module='sweep')
  assert refused.code == 2
  assert 'holds another search (config.seed: 0 -> 1)' in refused.err


def test_a_trial_that_fails_does_not_end_the_search(
  launch, arguments, tmp_path
):
  args = arguments_of(
    arguments,
    tmp_path / 'run',
    '--search=config.optimizer.learning_rate=1e30,0.1',
    '--trials=4',
    **VALIDATION,
  )
  ended = launch(args, module='sweep')
  assert ended.code == 0, ended
  assert '  optimizer.learning_rate = 0.1' in ended.out.splitlines()
  found = rows(tmp_path / 'run' / 'report' / 'trials.csv')
  errors = {r['optimizer.learning_rate']: r['error'] for r in found}
  assert errors['0.1'] == ''
  assert 'not finite' in errors['1e+30']


@pytest.mark.parametrize(
  ('flags', 'said'),
  [
    ((), '--sweep or --search is required'),
    (('--sweep=config.updater.sparsty=0.5',), "Did you mean 'updater.sparsity"),
    (('--sweep=updater.sparsity=high',), "config.updater.sparsity: got 'high'"),
    (('--sweep=updater.sparsity',), 'accepted is config.FIELD=VALUES'),
    (('--sweep=updater.sparsity=1.0',), 'sparsity is 1.0; accepted'),
    (('--sweep=replicates=2',), 'seeds are swept by config.seed=0:5'),
    (SEARCH, 'config.data.validation: got 0.0; a search'),
    ((*SEARCH, '--config.data.validation=0.2', '--plan'), '--plan: a search'),
    ((*SEARCH, '--config.data.validation=0.2', '--trials=0'), '--trials: got'),
    (
      ('--search=optimizer.learning_rate=1', '--config.data.validation=0.2'),
      'accepted is LOW:HIGH',
    ),
    (('--sweep=seed=0', '--parallel=by_hand'), 'parallel'),
    (('--sweep=seed=0', '--config.num_step=3'), "Did you mean 'num_steps'"),
  ],
)
def test_bad_input_is_one_clear_line(launch, arguments, tmp_path, flags, said):
  args = arguments_of(arguments, tmp_path / 'run', *flags)
  ended = launch(args, module='sweep')
  assert (ended.code, ended.out) == (2, '')
  assert 'Traceback' not in ended.err
  assert ended.err.splitlines()[-1].startswith('error: ')
  assert said in ended.err
  assert not (tmp_path / 'run').exists()


def test_a_study_is_not_swept(launch, tmp_path):
  config = '--config=studies/digits/init_and_updates'
  args = [config, f'--workdir={tmp_path}/run', '--sweep=seed=0']
  ended = launch(args, module='sweep')
  assert ended.code == 2
  assert 'is a study; python -m launch.study' in ended.err
