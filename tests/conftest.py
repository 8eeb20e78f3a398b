"""Settings of the whole suite: 8 virtual devices, strict ranks."""

import gc
import os
import pathlib

os.environ['JAX_PLATFORMS'] = 'cpu'
# Most of a test's time is compiling. Level 0, the older emitters and one part a
# program take a fifth of the usual time. Programs are slower, and round
# otherwise but all alike: bits are compared with those of the same level. Flags
# from outside win.
os.environ['XLA_FLAGS'] = (
  '--xla_force_host_platform_device_count=8 --xla_backend_optimization_level=0 '
  '--xla_cpu_use_fusion_emitters=false '
  '--xla_cpu_parallel_codegen_split_count=1 ' + os.environ.get('XLA_FLAGS', '')
)
os.environ.setdefault('MPLBACKEND', 'Agg')
# A program is compiled once for all files, processes and runs of the suite.
os.environ.setdefault(
  'JAX_COMPILATION_CACHE_DIR',
  str(pathlib.Path(__file__).parents[1] / '.cache' / 'jax'),
)
# The suite leaves nothing in the user's own cache folder.
os.environ.setdefault(
  'JAXSPARSE_CACHE_DIR',
  str(pathlib.Path(__file__).parents[1] / '.cache' / 'jaxsparse'),
)
os.environ.setdefault('JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS', '0')
os.environ.setdefault('JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES', '-1')

import jax
import pytest
from hypothesis import settings

from jaxsparse.config.defaults import default_config

jax.config.update('jax_numpy_rank_promotion', 'raise')
settings.register_profile('default', deadline=None, derandomize=True)
settings.load_profile('default')


def pytest_collection_finish():
  """Spares the collector what lives to the end: a fifth of the time."""
  gc.freeze()
  gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope='module', autouse=True)
def programs():
  """Forgets what a file's tests compiled.

  A process that holds the programs of hundreds of files is slow: of whole runs
  an eighth, and of single tests late in them half.
  """
  yield
  jax.clear_caches()


@pytest.fixture
def key():
  return jax.random.key(0)


def make_config(updater='rigl', **fields):
  """A run of 30 steps of a tiny net: `updater__sparsity=0.5`, `seed=3`."""
  names = {
    name: fields.pop(name)
    for name in ('model', 'optimizer', 'init')
    if name in fields
  }
  config = default_config(updater=updater, **names)
  if 'model' not in names:
    config.model.features = (16,)
  config.num_steps = 30
  config.batch_size = 16
  config.log_interval = 10
  config.checkpoint.interval = 10
  config.updater.update(sparsity=0.8, update_interval=5)
  config.eval.update(interval=15, batch_size=100)
  config.gradient_flow.update(interval=15, probe_size=50)
  for field, value in fields.items():
    *sections, name = field.split('__')
    target = config
    for section in sections:
      target = target[section]
    target[name] = value
  return config


@pytest.fixture(name='make_config', scope='session')
def _make_config():
  return make_config


@pytest.fixture(scope='session')
def twins(make_config, tmp_path_factory):
  """Dense runs of seeds 0 and 1, and a pruned one of seed 0."""
  from jaxsparse.runs.train import train

  root = tmp_path_factory.mktemp('runs')
  dense = {'updater__sparsity': 0.0}
  configs = {
    'seed0': make_config('static', seed=0, **dense),
    'seed1': make_config('static', seed=1, **dense),
    'pruned': make_config('gmp', seed=0),
  }
  for name, config in configs.items():
    train(config, root / name, plots=False)
  return root
