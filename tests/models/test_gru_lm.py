"""The character GRU against Flax's own cell, and by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.analysis import flops
from jaxsparse.core import paths
from jaxsparse.models.gru_lm import gru_lm
from jaxsparse.tasks.classification import classification

SMALL = {'embed_dim': 6, 'units': 5, 'readout': 7, 'num_classes': 11}
TEXT = np.random.default_rng(0).integers(0, 11, (3, 8))


@pytest.fixture(scope='module')
def net():
  """The small net, and variables that are nowhere 0."""
  module = gru_lm(**SMALL)
  abstract = jax.eval_shape(module.init, jax.random.key(0), TEXT)['params']
  random = np.random.default_rng(1)

  def draw(leaf):
    return random.normal(size=leaf.shape).astype(np.float32)

  return module, jax.tree.map(draw, abstract)


def of_flax(params):
  """The weights as Flax's cell has them, a kernel for each gate."""
  found = {}
  for i, gate in enumerate('rzn'):
    part = slice(5 * i, 5 * i + 5)
    found[f'i{gate}'] = {
      k: v[..., part] for k, v in params['gru_input'].items()
    }
    found[f'h{gate}'] = {'kernel': params['gru_state']['kernel'][:, part]}
  found['hn']['bias'] = params['gru_state']['bias']
  return found


def test_it_is_the_gru_of_flax(net):
  module, params = net
  table = params['embedding']['embedding']
  states = jax.jit(nn.RNN(nn.GRUCell(5)).apply)(
    {'params': {'cell': of_flax(params)}}, table[TEXT]
  )
  y = np.asarray(states, np.float64)
  for name in ('readout1', 'readout2'):
    y = y @ params[name]['kernel'] + params[name]['bias']
    y = np.maximum(y, 0) if name == 'readout1' else y
  got = jax.jit(module.apply)({'params': params}, TEXT)
  assert got.dtype == np.float32
  np.testing.assert_allclose(got, y @ table.T, rtol=1e-4, atol=1e-4)


def test_a_character_tells_nothing_of_those_before_it(net):
  module, params = net
  changed = TEXT.copy()
  changed[:, 5] = (changed[:, 5] + 1) % 11
  apply = jax.jit(module.apply)
  one, other = (apply({'params': params}, x) for x in (TEXT, changed))
  np.testing.assert_array_equal(one[:, :5], other[:, :5])
  assert np.all(np.any(one[:, 5:] != other[:, 5:], axis=-1))


def test_every_weight_has_a_gradient(net):
  module, params = net
  batch = {'image': TEXT[:, :-1], 'label': TEXT[:, 1:]}
  task = classification(module)

  def loss(params):
    found = task.loss(params, {}, batch, key=jax.random.key(0), train=True)
    return found[0]

  value, grads = jax.jit(jax.value_and_grad(loss))(params)
  logits = np.asarray(task.logits(params, {}, batch['image']), np.float64)
  chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
  right = np.take_along_axis(chances, batch['label'][..., None], -1)
  np.testing.assert_allclose(value, -np.log(right).mean(), rtol=1e-5)
  for path, grad in paths.flatten(grads).items():
    assert np.all(np.isfinite(grad)), path
    assert np.any(grad != 0), path


def test_a_gate_starts_orthogonal():
  params = jax.jit(gru_lm(**SMALL).init)(jax.random.key(3), TEXT)['params']
  kernel = np.asarray(params['gru_state']['kernel'])
  gates = np.split(kernel, 3, axis=1)
  for gate in gates:
    np.testing.assert_allclose(gate.T @ gate, np.eye(5), atol=1e-5)
  assert not np.allclose(gates[0], gates[1])


def test_multiply_adds_of_a_sequence(net):
  module, params = net
  found = flops.macs(
    lambda p, x: module.apply({'params': p}, x),
    params,
    jax.ShapeDtypeStruct((1, 8), jnp.int32),
  )
  by_path = paths.flatten(found.leaves)
  # Each weight of a kernel meets each of 8 characters; the embedding gives the
  # logits, and looking a character up multiplies nothing.
  assert {p: n for p, n in by_path.items() if n} == {
    'embedding/embedding': 8 * 11 * 6,
    'gru_input/kernel': 8 * 6 * 15,
    'gru_state/kernel': 8 * 5 * 15,
    'readout1/kernel': 8 * 5 * 7,
    'readout2/kernel': 8 * 7 * 6,
  }
  assert not found.rest


def test_the_size_of_the_papers_net():
  shapes = jax.eval_shape(
    gru_lm().init, jax.random.key(0), jnp.zeros((1, 4), jnp.int32)
  )['params']
  kernels = {
    path: leaf.shape
    for path, leaf in paths.flatten(shapes).items()
    if paths.kernels(path, leaf.shape)
  }
  assert kernels == {
    'gru_input/kernel': (128, 1536),
    'gru_state/kernel': (512, 1536),
    'readout1/kernel': (512, 256),
    'readout2/kernel': (256, 128),
  }
  # 1,146,880 of kernels, 32,768 of the embedding, 2,432 of biases.
  assert sum(leaf.size for leaf in jax.tree.leaves(shapes)) == 1_182_080


def test_what_is_refused(net):
  module, params = net
  with pytest.raises(ValueError, match=r'characters, integers \[n, t\]'):
    module.apply({'params': params}, np.zeros((2, 8), np.float32))
  with pytest.raises(ValueError, match='units'):
    gru_lm(units=0)


def test_params_and_logits_are_float32_under_x64():
  with jax.enable_x64(True):
    logits, variables = jax.eval_shape(
      gru_lm(**SMALL).init_with_output, jax.random.key(0), TEXT
    )
  types = {leaf.dtype.name for leaf in jax.tree.leaves(variables)}
  assert types == {'float32'}
  assert logits.dtype == np.float32
