"""Settings of the whole suite: 8 virtual devices, strict ranks."""

import os

os.environ['JAX_PLATFORMS'] = 'cpu'
# Most of a test's time is compiling. Level 1 halves it, and trained an MLP and
# a conv net to the bits of the default level. Flags from outside win.
os.environ['XLA_FLAGS'] = (
  '--xla_force_host_platform_device_count=8 --xla_backend_optimization_level=1 '
  + os.environ.get('XLA_FLAGS', '')
)
os.environ.setdefault('MPLBACKEND', 'Agg')

import jax
import pytest
from hypothesis import settings

jax.config.update('jax_numpy_rank_promotion', 'raise')
settings.register_profile('default', deadline=None, derandomize=True)
settings.load_profile('default')


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
