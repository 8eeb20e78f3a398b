"""What programs import before they need it: `--help` answers at once."""

import pathlib
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = sorted(
  '.'.join(path.relative_to(ROOT / 'launch').with_suffix('').parts)
  for path in (ROOT / 'launch').rglob('*.py')
  if path.stem != '__init__'
)
# Loaded by what a program does, and not before.
OF_RUNS = {'jax', 'flax', 'optax', 'numpy'}
OF_A_FEW = {
  'jinja2',
  'matplotlib',
  'optuna',
  'pandas',
  'scipy',
  'sklearn',
  'tensorboardX',
}
OF_DATA_AND_CHECKPOINTS = {'grain', 'orbax', 'tensorflow_datasets'}


def run(name, *args):
  """Exit code, stdout and stderr of a program, and the packages it loads."""
  ended = subprocess.run(
    [sys.executable, '-X', 'importtime', '-m', f'launch.{name}', *args],
    capture_output=True,
    text=True,
    cwd=ROOT,
    check=False,
  )
  lines = ended.stderr.splitlines()
  imports = [line for line in lines if line.startswith('import time:')]
  err = [line for line in lines if line not in imports]
  loaded = {line.split('|')[-1].strip() for line in imports}
  return ended.returncode, ended.stdout, '\n'.join(err), loaded


@pytest.mark.parametrize('name', PROGRAMS)
def test_help_needs_no_package_of_runs(name):
  code, out, err, loaded = run(name, '--help')
  assert (code, err) == (0, '')
  assert f'python -m launch.{name}' in out
  assert '--helpfull' in out
  assert loaded & (OF_RUNS | OF_A_FEW | OF_DATA_AND_CHECKPOINTS) == set()


def test_a_mistyped_field_needs_no_more_than_configs(tmp_path):
  code, out, err, loaded = run(
    'train',
    '--config=digits/mlp:rigl',
    f'--workdir={tmp_path}/run',
    '--config.updater.sparsty=0.5',
  )
  assert (code, out) == (2, '')
  assert err.startswith('error: config.updater.sparsty: no such field')
  assert loaded >= OF_RUNS
  assert loaded & (OF_A_FEW | OF_DATA_AND_CHECKPOINTS) == set()


def test_a_plan_draws_nothing(tmp_path):
  code, out, _, loaded = run(
    'study',
    '--config=studies/digits/init_and_updates',
    f'--workdir={tmp_path}/study',
    '--plan',
  )
  assert code == 0
  assert out
  assert loaded & OF_A_FEW == set()


@pytest.mark.parametrize(
  ('flag', 'listed'), [('--help', '[no]dry_run'), ('--helpfull', 'verbosity')]
)
def test_an_installed_program_has_the_same_help(flag, listed):
  # Its main module is a script that defines neither flags nor a docstring.
  ended = subprocess.run(
    [sys.executable, '-c', 'from launch import train; train.run()', flag],
    capture_output=True,
    text=True,
    cwd=ROOT,
    check=False,
  )
  assert (ended.returncode, ended.stderr) == (0, '')
  assert 'python -m launch.train' in ended.stdout
  assert f'--{listed}:' in ended.stdout


def test_help_beside_a_config_lists_its_fields():
  code, out, err, _ = run('train', '--help', '--config=digits/mlp:rigl')
  assert (code, err) == (0, '')
  assert '--config.updater.drop_fraction=0.3' in out
  assert '(auto, validation or test)' in out
  code, _, err, _ = run('train', '--help', '--config=digits/nlp')
  assert code == 2
  assert "Did you mean 'digits/mlp'" in err


@pytest.mark.parametrize(
  'words', ['analyze', 'train --help --config=digits/mlp:rigl']
)
def test_a_pipe_that_closes_ends_a_program_in_silence(words):
  line = f'{shlex.quote(sys.executable)} -m launch.{words} | head -n 1'
  ended = subprocess.run(
    ['bash', '-c', line], capture_output=True, text=True, cwd=ROOT, check=False
  )
  assert ended.stdout.count('\n') == 1
  assert ended.stderr == ''
