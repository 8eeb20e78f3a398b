"""`python -m launch.study`: exit codes, what is printed, what is left."""

import re

import pytest

STUDY = """
from jaxsparse.studies.spec import Run, Study

TINY = {
  'model.features': (16,),
  'batch_size': 16,
  'num_steps': 30,
  'eval.interval': 15,
  'eval.batch_size': 100,
}


def get_config():
  return Study(
    title='Small',
    runs=(
      Run('dense', 'digits/mlp:dense', TINY, seeds=2),
      Run('set', 'digits/mlp:set', TINY, {'updater.sparsity': (0.5, 1.0)}),
    ),
  )
"""
FLAGS = ('--override=updater.update_interval=5', '--seeds=1')


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  path = tmp_path_factory.mktemp('files') / 'small.py'
  path.write_text(STUDY)
  return path


@pytest.fixture(scope='module')
def study(launch, path):
  """`study(workdir, *flags) -> code, out, err`."""

  def run(workdir, *flags, config=path):
    args = [f'--config={config}', f'--workdir={workdir}', *flags]
    return launch(args, module='study')

  return run


@pytest.fixture(scope='module')
def made(study, tmp_path_factory):
  root = tmp_path_factory.mktemp('made') / 'study'
  ended = study(root, *FLAGS)
  assert ended.code == 0, ended
  return root, ended


def test_it_prints_the_table_and_ends_with_the_report(made):
  root, ended = made
  lines = ended.out.splitlines()
  assert lines[-1] == f'Report: {root.resolve()}/report/report.html'
  assert (root / 'report' / 'report.html').stat().st_size > 1000
  assert re.search(r'^dense .*\d\d?\.\d\d', ended.out, re.MULTILINE)
  assert 'sparsity is 1.0' in ended.out


def test_one_line_shows_the_whole_study(made):
  _, ended = made
  lines = ended.err.splitlines()
  assert all(re.match(r'\d\d:\d\d:\d\d small: ', line) for line in lines)
  assert lines[-1].endswith('small: 2/2 members, 60/60 steps')


def test_members_are_kept_in_the_runs_folder(made):
  root, _ = made
  names = sorted(p.name for p in (root / 'runs').iterdir())
  assert [re.sub('-[0-9a-f]{8}$', '', name) for name in names] == [
    'digits-mlp-dense-0-seed0',
    'digits-mlp-set-0.5-seed0',
  ]


def test_the_report_tells_the_command(made, path):
  root, _ = made
  page = (root / 'report' / 'report.html').read_text()
  assert f' --config={path} --workdir={root} {" ".join(FLAGS)}' in page


def test_a_dry_run_tries_each_row_and_writes_nothing(study, tmp_path):
  ended = study(tmp_path / 'none', '--dry_run', *FLAGS)
  _, dense, moving, refused = ended.out.splitlines()[:4]
  # Two optimiser steps; and a mask step, of the method that has any.
  losses = [re.split(r'  +', line)[-1].split() for line in (dense, moving)]
  assert [len(found) for found in losses] == [2, 3]
  assert refused.endswith(' refused')
  assert '\n2 of 3 rows: losses and weights finite' in ended.out
  assert ended.code == 2
  assert ended.err.splitlines()[-1].startswith('error: set, sparsity 100 %: ')
  assert not list(tmp_path.iterdir())


def test_a_plan_starts_nothing(study, made, tmp_path):
  root, _ = made
  ended = study(tmp_path / 'none', '--plan', f'--runs_dir={root}/runs', *FLAGS)
  assert ended.code == 0, ended
  assert re.search(r'^done +2$', ended.out, re.MULTILINE)
  assert re.search(r'^steps +0$', ended.out, re.MULTILINE)
  assert not (tmp_path / 'none').exists()


def test_an_override_may_be_of_one_run(study, made, tmp_path):
  root, _ = made
  flags = ('--plan', f'--runs_dir={root}/runs', *FLAGS)
  ended = study(tmp_path, *flags, '--override=set:optimizer.learning_rate=0.5')
  assert ended.code == 0, ended
  runs = dict(line.split(maxsplit=1) for line in ended.out.splitlines()[:3])
  assert runs['dense'].split() == ['1', '1']
  assert runs['set'].split() == ['2', '1', '30']


def test_more_seeds_add_members_to_those_that_are_there(study, made):
  root, _ = made
  ended = study(root, '--plan', *FLAGS[:1])
  assert re.search(r'^members +7$', ended.out, re.MULTILINE)
  assert re.search(r'^done +2$', ended.out, re.MULTILINE)


def test_members_speak_only_if_asked_to(study, made):
  root, _ = made
  # A field that dense does not have makes no other member of it.
  flags = (*FLAGS, '--override=updater.drop_fraction=0.3')
  assert 'does not apply to dense' in study(root, *flags, '--verbosity=1').err
  assert 'does not apply' not in study(root, *flags).err


def test_a_study_all_of_whose_members_fail_ends_with_3(study, tmp_path):
  root = tmp_path / 'study'
  ended = study(root, *FLAGS, '--override=optimizer.learning_rate=1e30')
  assert ended.code == 3, ended
  assert re.search(r'error: every member failed.*not finite', ended.err)
  assert (root / 'report' / 'report.html').exists()


@pytest.mark.parametrize(
  ('flags', 'said'),
  [
    (['--override=num_steps'], "--override: got 'num_steps'; accepted are f"),
    (['--override==3'], "--override: got '=3'"),
    (['--override=dense:=3'], "--override: got 'dense:=3'"),
    (['--override=dence:seed=3'], "'dence' is no run.* mean 'dense'"),
    (['--override=num_steps=abc'], "no member can be run: .*'abc'"),
    (['--override=num_steps=abc', '--plan'], "no member can be run: .*'abc'"),
    ([f'--runs_dir={__file__}'], 'test_study.py cannot be written'),
    ([f'--runs_dir={__file__}/a', '--plan'], 'test_study.py/a cannot be wr'),
    (['--override=num_step=3'], "'num_step' is no field .* 'num_steps'"),
    (['--override=updater.sparsity=0.5'], 'is in overrides too'),
    (['--override=seed=5'], "'seed' is no field to change"),
    (['--seeds=0'], r"runs\['dense'\].seeds: got 0"),
    (['--override=data.name=digit'], "no member .*Did you mean 'digits'"),
    (['--parallel=vmapp'], 'parallel'),
    (['--data_parallel=64'], 'mesh of data 64 .* accepted are at most'),
    (['--model_parallel=64', '--dry_run'], 'and model 64 .* accepted are at m'),
    (['--data_parallel=3', '--plan'], 'config.batch_size: got 16; accepted'),
    (['--hang_timeout=5'], '--hang_timeout: accepted with --distributed'),
    (['--workdir='], '--workdir is required'),
    (['extra'], "'extra' is no flag"),
  ],
)
def test_bad_input_is_one_line(study, tmp_path, flags, said):
  ended = study(tmp_path / 'study', *flags)
  assert ended.code == 2, ended
  last = ended.err.splitlines()[-1]
  assert re.search(f'^error: .*{said}', last), ended.err
  assert 'Traceback' not in ended.err
  assert not (tmp_path / 'study').exists()


def test_each_program_names_the_other(study, launch, arguments, tmp_path, path):
  ended = study(tmp_path / 'a', config='digits/mlp:rigl')
  assert ended.code == 2
  assert 'python -m launch.train --config=digits/mlp:rigl' in ended.err
  ended = launch(arguments(tmp_path / 'a', config=path))
  assert ended.code == 2
  assert f'python -m launch.study --config={path}' in ended.err
  assert not (tmp_path / 'a').exists()


@pytest.mark.parametrize(
  ('text', 'said'),
  [
    ('def get_config():\n  return undefined\n', 'line 2: NameError'),
    ('def study():\n  return 3\n', 'there is no function get_config() in it'),
    ('def get_config():\n  return 3\n', 'makes a int; accepted is a Study'),
    (STUDY.replace('(0.5, 1.0)', '()'), 'got no values'),
    (STUDY.replace('digits/mlp:set', 'digits/mlp:sett'), "Did you mean 'set'"),
    (STUDY.replace('seeds=2', 'seed=2'), 'seed'),
  ],
)
def test_a_wrong_study_file_is_one_line(study, tmp_path, text, said):
  path = tmp_path / 'wrong.py'
  path.write_text(text)
  ended = study(tmp_path / 'study', config=path)
  assert ended.code == 2
  (line,) = ended.err.splitlines()
  assert line.startswith('error: ')
  assert said in line
  assert not (tmp_path / 'study').exists()
