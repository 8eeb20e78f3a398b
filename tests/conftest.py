"""Settings of the whole suite: 8 virtual devices, strict ranks."""

import os

os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['XLA_FLAGS'] = (
  os.environ.get('XLA_FLAGS', '') + ' --xla_force_host_platform_device_count=8'
)
os.environ.setdefault('MPLBACKEND', 'Agg')

import jax  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

jax.config.update('jax_numpy_rank_promotion', 'raise')
settings.register_profile('default', deadline=None, derandomize=True)
settings.load_profile('default')


@pytest.fixture
def key():
  return jax.random.key(0)
