"""One net in many containers: every method, the same masks and weights."""

import functools
import pathlib
import re

import equinox as eqx
import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from jaxsparse import updaters
from jaxsparse.core import paths, registry
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.types import Probe
from jaxsparse.optim.sparsify import sparsify, sparsify_params

# Of those that score weights by one rule, the three kinds of score.
_ALIKE = ('force', 'iterative_snip', 'magnitude_at_init', 'obd')
METHODS = sorted(
  file.stem
  for file in pathlib.Path(updaters.__path__[0]).glob('[a-z]*.py')
  if file.stem not in _ALIKE
)
KINDS = ('rigl', 'snfs', 'topkast', 'grasp')
FIXED = ('dense', 'static', 'random', 'grasp', 'synflow')
TIMES = {'update_interval': 2, 'start_step': 1, 'stop_step': 6}
STEPS = 6


def _weights():
  draw = np.random.default_rng(0).normal
  return {
    layer: {
      'bias': jnp.asarray(draw(size=shape[1]), jnp.float32),
      'kernel': jnp.asarray(draw(size=shape), jnp.float32),
    }
    for layer, shape in {'first': (6, 8), 'last': (8, 4)}.items()
  }


WEIGHTS = _weights()
INPUTS = jnp.asarray(np.random.default_rng(1).normal(size=(16, 6)), jnp.float32)


class NnxLayer(nnx.Module):
  def __init__(self, layer):
    self.bias = nnx.Param(layer['bias'])
    self.kernel = nnx.Param(layer['kernel'])


class NnxNet(nnx.Module):
  def __init__(self, weights):
    self.first = NnxLayer(weights['first'])
    self.last = NnxLayer(weights['last'])


class EqxLayer(eqx.Module):
  bias: jax.Array
  kernel: jax.Array
  activation: object = None


class EqxNet(eqx.Module):
  first: EqxLayer
  last: EqxLayer


def variables(weights):
  return nnx.state(NnxNet(weights), nnx.Param)


def arrays(weights):
  return nnx.as_pure(variables(weights))


def equinox(weights):
  return EqxNet(**{name: EqxLayer(**one) for name, one in weights.items()})


# The containers of the params, and of the params that counts are made of.
CONTAINERS = {
  'dict': (dict, dict),
  'FrozenDict': (flax.core.freeze, flax.core.freeze),
  'nnx.State': (variables, variables),
  'arrays of nnx.State': (arrays, variables),
  'pure dict': (lambda w: nnx.to_pure_dict(variables(w)), variables),
  'nnx.State, counts of dict': (variables, dict),
  'equinox': (equinox, equinox),
}


def _outputs(weights, inputs):
  hidden = jax.nn.relu(
    inputs @ weights['first/kernel'] + weights['first/bias'][None]
  )
  return hidden @ weights['last/kernel'] + weights['last/bias'][None]


def _loss(weights, inputs=INPUTS):
  targets = jnp.sin(inputs[:, :4])
  return jnp.mean((_outputs(weights, inputs) - targets) ** 2)


_gradient = jax.jit(jax.grad(_loss))
# Of methods that score weights; they see the paths of any container.
PROBE = Probe(
  lambda params, inputs: _loss(paths.flatten(params), inputs),
  [INPUTS],
  lambda params, inputs: _outputs(paths.flatten(params), inputs),
  INPUTS[:1],
)


def gradient(params):
  """The gradient by layer and name, by one program for all containers."""
  layers = {}
  for path, leaf in _gradient(paths.flatten(params)).items():
    layer, name = path.split('/')
    layers.setdefault(layer, {})[name] = leaf
  return layers


class Programs:
  """Compiles `fn` once for all trees of which it makes the same program."""

  compiled = {}

  def __init__(self, fn):
    self.fn, self.of_trees = fn, {}

  def __call__(self, *trees):
    leaves, structure = jax.tree.flatten(trees)
    if structure not in self.of_trees:
      self.of_trees[structure] = self._build(leaves, structure)
    program, result = self.of_trees[structure]
    return jax.tree.unflatten(result, program(*leaves))

  def _build(self, leaves, structure):
    structures = []

    def flat(*leaves):
      result = self.fn(*jax.tree.unflatten(structure, leaves))
      leaves, result = jax.tree.flatten(result)
      structures.append(result)
      return leaves

    lowered = jax.jit(flat).lower(*leaves)
    # Only the numbers of groups of equal sharding go on counting.
    text = re.sub(r'group_id=\d+', '', lowered.as_text())
    if text not in self.compiled:
      self.compiled[text] = lowered.compile()
    return self.compiled[text], structures[0]


@pytest.fixture(scope='module', autouse=True)
def _forgotten():
  yield
  Programs.compiled.clear()


def transform(method, counts):
  build = registry.resolve(method, 'jaxsparse.updaters')
  known = registry.parameters(build)
  times = {name: step for name, step in TIMES.items() if name in known}
  tx = sparsify(
    optax.sgd(0.1, momentum=0.9),
    registry.build(build, counts, **times),
    key=jax.random.key(0),
    probe=PROBE,
    **TIMES,
  )
  return optax.GradientTransformation(tx.init, Programs(tx.update))


def record(params, state):
  """Params, what the loss sees and masks, by path."""
  trees = params, sparsify_params(params, state), state.mask_state.masks
  return jax.device_get([paths.flatten(tree) for tree in trees])


def loop(method, container, of_counts, of_init=None):
  params = container(WEIGHTS)
  tx = transform(method, erk(of_counts(WEIGHTS), 0.6))
  state, records = tx.init((of_init or container)(WEIGHTS)), []
  for _ in range(STEPS):
    grads = container(gradient(sparsify_params(params, state)))
    updates, state = tx.update(grads, state, params)
    params = optax.apply_updates(params, updates)
    assert jax.tree.structure(params) == jax.tree.structure(updates)
    records.append(record(params, state))
  return records


@functools.cache
def expected(method):
  return loop(method, dict, dict)


def check(records, method):
  """Bit for bit those of a dict's, and exactly 0 outside the masks."""
  jax.tree.map(np.testing.assert_array_equal, records, expected(method))
  _, seen, masks = records[-1]
  assert masks.keys() == {'first/kernel', 'last/kernel'}
  for path, mask in masks.items():
    assert np.all(seen[path][~mask] == 0)
  moved = any(np.any(mask != records[0][2][p]) for p, mask in masks.items())
  assert moved == (method not in FIXED)


def pairs():
  """Methods of each kind in every container; all are in an nnx.State below."""
  for container in list(CONTAINERS)[1:]:
    for method in METHODS:
      marks = () if method in KINDS else pytest.mark.slow
      yield pytest.param(container, method, marks=marks)


@pytest.mark.parametrize(('container', 'method'), list(pairs()))
def test_every_container_has_the_same_masks_and_weights(container, method):
  check(loop(method, *CONTAINERS[container]), method)


@pytest.mark.parametrize(
  'method',
  [
    # No other program takes as long to compile.
    pytest.param(m, marks=pytest.mark.slow) if m == 'srigl' else m
    for m in METHODS
  ],
)
def test_an_nnx_optimizer_has_the_masks_and_weights_of_a_dict(method):
  model = NnxNet(WEIGHTS)
  counts = erk(nnx.state(model, nnx.Param), 0.6)
  optimizer = nnx.Optimizer(model, transform(method, counts), wrt=nnx.Param)
  records = []
  for _ in range(STEPS):
    params = nnx.state(model, nnx.Param)
    seen = sparsify_params(params, optimizer.opt_state)
    optimizer.update(model, variables(gradient(seen)))
    params = nnx.state(model, nnx.Param)
    records.append(record(params, optimizer.opt_state))
  check(records, method)


@pytest.mark.parametrize('method', ['rigl', 'snfs', 'topkast'])
@pytest.mark.parametrize(
  ('of_init', 'container'), [(variables, arrays), (arrays, variables)]
)
def test_a_state_serves_params_of_another_container(method, of_init, container):
  check(loop(method, container, dict, of_init), method)


def outputs(model):
  hidden = nnx.relu(INPUTS @ model.first.kernel + model.first.bias[...][None])
  return hidden @ model.last.kernel + model.last.bias[...][None]


@nnx.jit
def train_step(model, optimizer):
  def loss(seen):
    return jnp.mean((outputs(seen) - jnp.sin(INPUTS[:, :4])) ** 2)

  graph, params = nnx.split(model)
  seen = nnx.merge(graph, sparsify_params(params, optimizer.opt_state))
  value, grads = nnx.value_and_grad(loss)(seen)
  optimizer.update(model, grads)
  return value


def test_a_compiled_nnx_loop_trains():
  model = NnxNet(WEIGHTS)
  counts = erk(nnx.state(model, nnx.Param), 0.6)
  tx = transform('topkast', counts)
  tx = optax.GradientTransformation(tx.init, tx.update.fn)
  optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
  first = paths.flatten(jax.device_get(optimizer.opt_state.mask_state.masks))
  losses = [train_step(model, optimizer) for _ in range(20)]
  assert losses[-1] < losses[0] / 2
  params = nnx.state(model, nnx.Param)
  _, seen, masks = record(params, optimizer.opt_state)
  assert {p: mask.sum() for p, mask in masks.items()} == paths.flatten(counts)
  for path, mask in masks.items():
    assert np.any(mask != first[path])
    assert np.all(seen[path][~mask] == 0)
