"""Bad input: one line on stderr, exit code 2, and nothing made or harmed."""

import re

import pytest

# What the flags change -> what the line says.
CASES = [
  # Names, with the nearest accepted one.
  ({'updater.name': 'rigll'}, "config.updater.name: .*Did you mean 'rigl'"),
  ({'data.name': 'digit'}, "'digit' is not known.*Did you mean 'digits'"),
  ({'updater.distribution': 'erkk'}, "distribution: .*Did you mean 'erk'"),
  ({'optimizer.name': 'sgdd'}, "optimizer.name: .*Did you mean 'sgd'"),
  ({'num_step': 5}, "config.num_step: no such .*Did you mean 'num_steps'"),
  ({'updator.sparsity': 0.5}, 'Did you mean "updater"'),
  ({'updater.drop_schedule': 'cosin'}, "Did you mean 'cosine'"),
  # Sparsities.
  ({'updater.sparsity': 1.0}, r'sparsity is 1.0; accepted .* \[0, 1\)'),
  ({'updater.sparsity': -0.1}, r'sparsity is -0.1; accepted .* \[0, 1\)'),
  ({'updater.sparsity': 'nan'}, 'config.updater.sparsity: got nan'),
  ({'updater.layers': "('Dense_0*=1.5',)"}, 'Dense_0.* is .1.5'),
  (
    {'updater.distribution': 'layer_map', 'updater.dense_first': True},
    'config.updater: layer_map takes no dense_first',
  ),
  ({'updater.distribution': 'layer_map'}, 'config.updater: .*layers'),
  (
    {'updater.name': 'dense', 'updater.sparsity': 0.5},
    'config.updater.sparsity: got 0.5; dense keeps all weights',
  ),
  # Sizes and steps.
  ({'batch_size': 5000}, 'config.batch_size: got 5000; .* 1442 examples'),
  ({'batch_size': 0}, 'config.batch_size: got 0'),
  ({'num_steps': 0}, 'config.num_steps: got 0'),
  ({'num_epochs': 2.0}, 'set one of config.num_steps and config.num_epochs'),
  ({'updater.update_interval': 0}, 'update_interval: got 0'),
  (
    {'updater.start_step': 9, 'updater.stop_step': 8},
    'start_step 9, stop_step 8',
  ),
  (
    {'updater.name': 'gmp', 'updater.stop_step': 99},
    'gmp meets its target at stop_step 99; .* num_steps 60',
  ),
  ({'seed': -1}, 'config.seed: got -1'),
  ({'eval.split': 'validation'}, 'eval.split: got validation, but .* is 0'),
  # Numbers and types.
  ({'optimizer.learning_rate': 'nan'}, 'config.optimizer.learning_rate: got n'),
  ({'num_steps': 'many'}, '--config.num_steps=many'),
  ({'num_steps.x': 2}, 'num_steps.x'),
  (
    {'updater': 'set'},
    "got 'set'; .* its fields, as --config.updater.name=set",
  ),
  ({'checkpoint': 7}, "--config.checkpoint: got '7'; accepted are its fields"),
  # Of other models and methods.
  ({'model.dropout': 2}, 'config.model.dropout: no such field'),
  ({'data.crop_padding': -1}, 'config.data.crop_padding: .* is -1; acc'),
  ({'model.features': "('a',)"}, 'config.model: features'),
  (
    {'optimizer.schedule': 'piecewise', 'optimizer.boundaries': '(0.5,)'},
    'config.optimizer: got schedule',
  ),
  # Optimisers that cannot be used under masks.
  ({'optimizer.name': 'lbfgs'}, 'config.optimizer: the optimiser cannot be'),
  ({'optimizer.name': 'optax.clip'}, 'optax.clip takes no learning_rate'),
  # Data and checkpoints that are not there.
  ({'data.name': 'mnist', 'data.dir': '/nowhere'}, "data_dir '/nowhere'"),
  ({'init.checkpoint': '/nowhere'}, 'config.init.checkpoint: /nowhere'),
]


@pytest.fixture
def refused(launch, tmp_path):
  """Runs a command line that must be refused; returns the line."""

  def refuse(args):
    before = set(tmp_path.rglob('*'))
    found = launch(args)
    lines = found.err.splitlines()
    assert found.code == 2, found
    assert found.out == ''
    assert 'Traceback' not in found.err
    # Notes of the log may come before; each begins with the time.
    assert all(re.match(r'\d\d:\d\d:\d\d ', line) for line in lines[:-1])
    assert lines[-1].startswith('error: ')
    assert set(tmp_path.rglob('*')) == before
    return lines[-1]

  return refuse


@pytest.mark.parametrize(
  ('fields', 'said'), CASES, ids=[' '.join(c[0]) for c in CASES]
)
def test_a_bad_config_is_refused(refused, arguments, tmp_path, fields, said):
  line = refused(arguments(tmp_path / 'run', **fields))
  assert re.search(said, line), line


def test_a_data_set_that_is_not_prepared_says_what_to_run(
  refused, arguments, tmp_path
):
  (tmp_path / 'data').mkdir()
  fields = {'data.name': 'mnist', 'data.dir': tmp_path / 'data'}
  line = refused(arguments(tmp_path / 'run', **fields))
  assert "'mnist' is not prepared" in line
  assert 'pip install' in line
  assert 'download_and_prepare()' in line


@pytest.mark.parametrize(
  ('args', 'said'),
  [
    ([], '--config is required'),
    (['--config=digits/mlp:rigl'], '--workdir is required'),
    (['--config=digits/mlp:rigl', '--workdir='], '--workdir is required'),
    (['--config=digits/mlp:rigll'], "Did you mean 'rigl'"),
    (['--config='], "--config: ''"),
    (['--config', 'digits/mlp:rigll'], "Did you mean 'rigl'"),
    (['--config=digits/mlp:rigl', '--workdr=x'], "'workdr'"),
    (['--config=digits/mlp:rigl', 'config.seed=3'], "'config.seed=3' is no"),
    (['--config.seed=3', '--config=digits/mlp:rigl'], 'config.seed=3'),
    (
      ['--config=digits/mlp:rigl', '--config.updater', 'set', '--dry_run'],
      "--config.updater: got 'set'; accepted are its fields, as"
      ' --config.updater.name=set',
    ),
    (
      ['--config=digits/mlp:rigl', '--config.replicates=2', '--dry_run'],
      'several seeds are a sweep: `--sweep config.seed=0:N`',
    ),
    (
      ['--config=digits/mlp:rigl', '--data_parallel=3', '--plan'],
      'config.batch_size: got 64; accepted is a multiple of 3',
    ),
  ],
)
def test_a_bad_command_line_is_refused(refused, args, said):
  assert said in refused(args)


@pytest.mark.parametrize(
  ('lines', 'said'),
  [
    (['--config=digits/mlp:rigll'], "Did you mean 'rigl'"),
    (['--config', 'digits/mlp:rigll'], "Did you mean 'rigl'"),
    (['--config=digits/mlp:rigl', '--workdr=x'], "'workdr'"),
    (
      ['--config=digits/mlp:rigl', '--config.updater=set'],
      '--config.updater.name=set',
    ),
    (['--flagfile=/nowhere/flags'], "No such file or directory: '/nowhere"),
  ],
)
def test_a_flag_file_is_read_as_what_is_typed(refused, tmp_path, lines, said):
  file = tmp_path / 'flags'
  file.write_text('\n'.join(lines))
  assert said in refused([f'--flagfile={file}'])


def test_a_flag_file_that_is_not_there_is_named(refused):
  line = refused(['--config=digits/mlp:rigl', '--flagfile=/nowhere/flags'])
  assert line.startswith('error: Unable to open flagfile')
  assert '/nowhere/flags' in line


def test_a_config_file_that_raises_says_where(refused, arguments, tmp_path):
  file = tmp_path / 'mine.py'
  file.write_text('def get_config():\n  return nothing\n')
  line = refused(arguments(tmp_path / 'run', config=file))
  assert line.startswith(f'error: {file}, line 2: NameError')


@pytest.mark.parametrize('place', ['file', 'file/run', '/proc/run'])
def test_a_workdir_that_cannot_be_written_is_refused(
  refused, arguments, tmp_path, place
):
  (tmp_path / 'file').write_text('kept')
  line = refused(arguments(tmp_path / place))
  assert str(tmp_path / place) in line
  assert 'cannot be written' in line
  assert (tmp_path / 'file').read_text() == 'kept'


def test_a_dry_run_refuses_what_a_run_refuses(refused, arguments, tmp_path):
  bad = {'init.checkpoint': tmp_path / 'nowhere'}
  line = refused(arguments(tmp_path / 'run', '--dry_run', **bad))
  assert 'config.init.checkpoint' in line
