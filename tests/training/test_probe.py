"""A probe against the gradient of one whole batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.analysis.gradient_flow import gradient_flow
from jaxsparse.core import masks as masking
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.tasks.classification import classification
from jaxsparse.training.probe import GradientProbe

RNG = np.random.default_rng(0)
DATA = {
  'image': jnp.asarray(RNG.normal(size=(400, 6)), jnp.float32),
  'label': jnp.asarray(RNG.integers(0, 3, 400), jnp.int32),
}


class Net(nn.Module):
  @nn.compact
  def __call__(self, x, *, train):
    x = nn.relu(nn.Dense(8)(x))
    return nn.Dense(3)(nn.Dropout(0.5, deterministic=not train)(x))


TASK = classification(Net())


def batch_of(data, indices):
  return jax.tree.map(lambda x: x[indices], data)


@pytest.fixture(scope='module')
def start():
  params, state = jax.jit(TASK.init)(jax.random.key(1), jnp.zeros((1, 6)))
  masks = masking.random_masks(
    params, uniform(params, 0.5), key=jax.random.key(2)
  )
  return masking.apply_masks(params, masks), masks, state, jax.random.key(3)


def whole(start, rows):
  params, masks, state, key = start

  def loss(params, batch):
    return TASK.loss(params, state, batch, key=key, train=True)[0]

  flow = jax.jit(gradient_flow, static_argnums=0)
  return flow(loss, params, masks, batch_of(DATA, rows))


def assert_close(found, expected):
  jax.tree.map(
    lambda f, e: np.testing.assert_allclose(f, e, rtol=1e-5), found, expected
  )


def test_a_scanned_net_is_probed_on_one_batch(start):
  rows = np.arange(400, dtype=np.int32)
  found = GradientProbe(TASK, batch_of, dispatch='scan')(*start, DATA, rows)
  assert_close(found, whole(start, rows))


@pytest.mark.parametrize(
  ('size', 'parts'),
  [pytest.param(100, 1, marks=pytest.mark.slow), (128, 1), (399, 4)],
)
def test_a_net_dispatched_by_steps_is_probed_in_parts(start, size, parts):
  """Of like size; each example weighs the same. Dropout sees the parts."""
  rows = RNG.permutation(400)[:size].astype(np.int32)
  found = GradientProbe(TASK, batch_of, dispatch='step')(*start, DATA, rows)
  params, masks, state, key = start
  # Three hundred and ninety-nine are 100, 100, 100 and 99.
  split = [rows[i : i + 100] for i in range(0, size, 100)]
  split = split if parts > 1 else [rows]
  assert len(split) == parts

  def loss(params, _):
    values = [
      len(part)
      * TASK.loss(params, state, batch_of(DATA, part), key=key, train=True)[0]
      for part in split
    ]
    return sum(values) / size

  flow = jax.jit(gradient_flow, static_argnums=0)
  assert_close(found, flow(loss, params, masks, None))


def test_parts_of_one_size_take_one_program(start, caplog):
  probe = GradientProbe(TASK, batch_of, dispatch='step')
  with jax.log_compiles(), caplog.at_level('WARNING', logger='jax'):
    for _ in range(2):
      probe(*start, DATA, np.arange(400, dtype=np.int32))
  compiled = [x for x in caplog.messages if 'Finished XLA compilation' in x]
  assert sum('jit(probe)' in x for x in compiled) == 1
  assert sum('jit(flow)' in x for x in compiled) == 1
