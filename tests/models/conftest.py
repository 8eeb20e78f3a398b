"""Layers in numpy, and a model's passes through one jitted program."""

import types

import jax
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.tasks.classification import classification

LABELS = np.array([0, 1, 2, 0, 1, 2], np.int32)


class NumpyLayers:
  """Layers by path, in float64; `stats` are the new running statistics."""

  def __init__(self, params, model_state, train):
    self.params = paths.flatten(params)
    self._stats = paths.flatten(model_state.get('batch_stats', {}))
    self._train = train
    self.stats = {}

  def _get(self, path):
    return np.asarray(self.params[path], np.float64)

  def _plus_bias(self, x, path):
    bias = f'{path}/bias'
    return x + self._get(bias) if bias in self.params else x

  def conv(self, x, path, stride=1):
    """Tap by tap; a kernel [k, k, 1, c] on c > 1 channels is depthwise."""
    kernel = self._get(f'{path}/kernel')
    size, depthwise = len(kernel), kernel.shape[2] < x.shape[3]
    border = (size // 2, size // 2)
    out = tuple(-(-n // stride) for n in x.shape[1:3])
    x = np.pad(x, ((0, 0), border, border, (0, 0)))
    total = 0
    for i in range(size):
      for j in range(size):
        rows = slice(i, i + stride * (out[0] - 1) + 1, stride)
        columns = slice(j, j + stride * (out[1] - 1) + 1, stride)
        seen = x[:, rows, columns]
        tap = kernel[i, j]
        total = total + (seen * tap[0] if depthwise else seen @ tap)
    return self._plus_bias(total, path)

  def dense(self, x, path):
    return self._plus_bias(x @ self._get(f'{path}/kernel'), path)

  def norm(self, x, path):
    """BatchNorm over the batch in training, else by running statistics."""
    old = {k: np.asarray(self._stats[f'{path}/{k}']) for k in ('mean', 'var')}
    axes = tuple(range(x.ndim - 1))
    batch = {'mean': x.mean(axes), 'var': x.var(axes)}
    used = batch if self._train else old
    for k in old:
      self.stats[f'{path}/{k}'] = 0.9 * old[k] + 0.1 * batch[k]
    x = (x - used['mean']) / np.sqrt(used['var'] + 1e-5)
    if f'{path}/scale' in self.params:
      x = x * self._get(f'{path}/scale')
    return self._plus_bias(x, path)

  def layer_norm(self, x, path):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)
    return x * self._get(f'{path}/scale') + self._get(f'{path}/bias')

  def logits(self, x):
    return self.dense(x.mean(axis=tuple(range(1, x.ndim - 1))), 'logits')


def relu(x):
  return np.maximum(x, 0)


def abstract_variables(module, shape):
  """`(params, model_state)` without values."""
  return jax.eval_shape(
    classification(module).init,
    jax.random.key(0),
    jax.ShapeDtypeStruct(shape, np.float32),
  )


def random_values(tree, seed=0):
  """Values that no layer passes over: scales and variances about 1."""
  random = np.random.default_rng(seed)

  def draw(path, leaf):
    value = random.normal(size=leaf.shape)
    if path.endswith('kernel'):
      value *= np.sqrt(2 / np.prod(leaf.shape[:-1]))
    elif path.endswith(('scale', 'var')):
      value = np.exp(0.3 * value)
    else:
      value *= 0.3
    return value.astype(leaf.dtype)

  return paths.map_with_path(draw, tree)


def passes(module, shape):
  """What a model does in training and in evaluation, with random variables."""
  task = classification(module)
  abstract = abstract_variables(module, (1, *shape))
  params, model_state = random_values(abstract)
  x = np.random.default_rng(1).normal(size=(len(LABELS), *shape))
  x = x.astype(np.float32)

  def program(params, model_state, x, key):
    (loss, (new_state, logits)), grads = jax.value_and_grad(
      task.loss, has_aux=True
    )(params, model_state, {'image': x, 'label': LABELS}, key=key, train=True)
    return {
      'loss': loss,
      'new_state': new_state,
      'train': logits,
      'grads': grads,
      'eval': task.logits(params, model_state, x),
    }

  # At level 0 XLA's gradient of BatchNorm before a max pool is NaN.
  program = jax.jit(
    program, compiler_options={'xla_backend_optimization_level': 1}
  )
  out = program(params, model_state, x, jax.random.key(0))
  return types.SimpleNamespace(
    params=params, model_state=model_state, x=x, **out
  )


def check_passes(module, shape, forward):
  """Holds a model to `forward(numpy layers, x) -> logits`; its passes."""
  ran = passes(module, shape)
  for train in (False, True):
    net = NumpyLayers(ran.params, ran.model_state, train)
    expected = forward(net, ran.x.astype(np.float64))
    got = ran.train if train else ran.eval
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=2e-3, atol=2e-3)
  new = paths.flatten(ran.new_state.get('batch_stats', {}))
  assert new.keys() == net.stats.keys()
  for path, value in new.items():
    np.testing.assert_allclose(
      value, net.stats[path], rtol=2e-3, atol=2e-3, err_msg=path
    )
  for path, grad in paths.flatten(ran.grads).items():
    assert np.all(np.isfinite(grad)), path
    assert np.any(grad != 0), path
  return ran


@pytest.fixture
def numpy_nets():
  """The functions of this file, which test modules cannot import."""
  return types.SimpleNamespace(
    check=check_passes,
    passes=passes,
    abstract=abstract_variables,
    random=random_values,
    relu=relu,
  )
