import shutil

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.core.types import MaskState
from jaxsparse.training.checkpoints import Checkpoints
from jaxsparse.training.state import TrainState


def train_state(seed, units=6, tx=None):
  """One of everything: bf16, None, typed keys, empty containers, optax."""
  rng = np.random.default_rng(seed)
  params = {
    'in': {
      'kernel': jnp.asarray(rng.normal(size=(900, units)), jnp.float32),
      'bias': jnp.zeros(units),
    },
    'out': {'kernel': jnp.asarray(rng.normal(size=(units, 3)), jnp.bfloat16)},
  }
  masks = {
    'in': {'kernel': jnp.asarray(rng.random((900, units)) < 0.3), 'bias': None},
    'out': {'kernel': jnp.asarray(rng.random((units, 3)) < 0.3)},
  }
  key = jax.random.key(seed)
  inner = {
    'key': key,
    'keys': jax.random.split(key, 2),
    'host': np.float32(seed + 0.1),
    'array': rng.integers(9, size=3, dtype=np.int32),
    'flag': np.bool_(True),
    'nothing': None,
    'empty': jnp.zeros((0, 4)),
  }
  tx = tx or optax.chain(optax.clip(1.0), optax.adam(1e-3))
  opt_state = tx.init(params)
  return TrainState(
    jnp.int32(seed), params, {}, opt_state, MaskState(masks, inner)
  )


def as_bytes(leaf):
  if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
    leaf = jax.random.key_data(leaf)
  return np.asarray(leaf).tobytes()


def identical(a, b):
  same_leaf = jax.tree.map(
    lambda x, y: (
      (x.shape, x.dtype, as_bytes(x)) == (y.shape, y.dtype, as_bytes(y))
    ),
    a,
    b,
  )
  same_tree = jax.tree.structure(a) == jax.tree.structure(b)
  return same_tree and all(jax.tree.leaves(same_leaf))


@pytest.fixture(name='make_state')
def _make_state():
  return train_state


@pytest.fixture(name='identical')
def _identical():
  return identical


@pytest.fixture(scope='session')
def _template(tmp_path_factory):
  states = {step: train_state(step) for step in (1, 2, 3)}
  directory = tmp_path_factory.mktemp('template')
  with Checkpoints(directory, keep=3) as checkpoints:
    for step, state in states.items():
      checkpoints.save(step, state, {'digest': f'of {step}'})
  return directory, states


@pytest.fixture
def saved(_template, tmp_path):
  """A directory with steps 1, 2 and 3, and the state of each."""
  template, states = _template
  directory = tmp_path / 'checkpoints'
  shutil.copytree(template, directory)
  return directory, states
