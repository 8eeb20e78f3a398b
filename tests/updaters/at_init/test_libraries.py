"""GraSP and SynFlow of one net in three libraries, in one call each.

The masks are those of plain arrays, by an explicit Hessian and by rounds one
after the other. The loss is a user's own, with targets that are no labels.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen, nnx
from plain_numpy import top

import jaxsparse as js

SIZES = (7, 9, 4)
RANDOM = np.random.default_rng(0)
FIRST, SECOND = (
  RANDOM.normal(size=shape).astype(np.float32)
  for shape in zip(SIZES, SIZES[1:], strict=False)
)
BIASES = [RANDOM.normal(size=n).astype(np.float32) for n in SIZES[1:]]
BATCHES = [
  tuple(RANDOM.normal(size=(n, width)).astype(np.float32) for width in (7, 4))
  for n in (20, 12)
]
ALL = tuple(np.concatenate(parts) for parts in zip(*BATCHES, strict=True))
SIZE = FIRST.size + SECOND.size
ROUNDS = 4


def of_outputs(outputs, targets):
  """The mean log cosh of the errors."""
  return jnp.mean(jnp.log(jnp.cosh(outputs - targets)))


class Net(NamedTuple):
  """Params with the plain arrays, and the forward pass of a library.

  `kernels` takes a tree like the params, and returns its kernels [in, out].
  """

  params: Any
  apply: Any
  kernels: Any

  def probe(self):
    return js.Probe(
      lambda params, batch: of_outputs(self.apply(params, batch[0]), batch[1]),
      BATCHES,
      self.apply,
      jax.ShapeDtypeStruct((1, 7), jnp.float32),
    )


class LinenMlp(linen.Module):
  @linen.compact
  def __call__(self, x):
    x = jnp.tanh(linen.Dense(SIZES[1])(x))
    return linen.Dense(SIZES[2])(x)


def of_linen():
  module = LinenMlp()
  params = {
    f'Dense_{i}': {'kernel': jnp.asarray(kernel), 'bias': jnp.asarray(bias)}
    for i, (kernel, bias) in enumerate(
      zip((FIRST, SECOND), BIASES, strict=True)
    )
  }
  return Net(
    params,
    lambda p, x: module.apply({'params': p}, x),
    lambda tree: [tree[f'Dense_{i}']['kernel'] for i in (0, 1)],
  )


class NnxMlp(nnx.Module):
  def __init__(self):
    rngs = nnx.Rngs(0)
    self.first = nnx.Linear(*SIZES[:2], rngs=rngs)
    self.second = nnx.Linear(*SIZES[1:], rngs=rngs)
    for layer, kernel, bias in zip(
      (self.first, self.second), (FIRST, SECOND), BIASES, strict=True
    ):
      layer.kernel[...], layer.bias[...] = kernel, bias

  def __call__(self, x):
    return self.second(jnp.tanh(self.first(x)))


def of_nnx():
  graph, params = nnx.split(NnxMlp(), nnx.Param)
  return Net(
    params,
    lambda p, x: nnx.merge(graph, p)(x),
    lambda tree: [
      nnx.to_pure_dict(tree)[name]['kernel'] for name in ('first', 'second')
    ],
  )


def of_equinox():
  model = eqx.nn.MLP(
    *(SIZES[0], SIZES[2], SIZES[1], 1), jnp.tanh, key=jax.random.key(0)
  )
  arrays = [FIRST.T, SECOND.T, *BIASES]

  def places(model):
    layers = model.layers
    return [layer.weight for layer in layers] + [layer.bias for layer in layers]

  model = eqx.tree_at(places, model, list(map(jnp.asarray, arrays)))
  params = eqx.filter(model, eqx.is_inexact_array)
  rest = eqx.filter(model, eqx.is_inexact_array, inverse=True)
  return Net(
    params,
    lambda p, x: jax.vmap(eqx.combine(p, rest))(x),
    lambda tree: [layer.weight.T for layer in tree.layers],
  )


def plain(vector, inputs, biases=BIASES):
  """The net of one vector of kernels."""
  first = vector[: FIRST.size].reshape(FIRST.shape)
  second = vector[FIRST.size :].reshape(SECOND.shape)
  return jnp.tanh(inputs @ first + biases[0][None]) @ second + biases[1][None]


VECTOR = np.concatenate([FIRST.ravel(), SECOND.ravel()])


def by_hessian(total):
  def loss(vector):
    return of_outputs(plain(vector, ALL[0]), ALL[1])

  product = jax.hessian(loss)(VECTOR) @ jax.grad(loss)(VECTOR)
  return top(VECTOR * np.asarray(product), total)


def by_flow(total):
  mask = np.ones(SIZE, bool)
  ones, biases = np.ones((1, 7), np.float32), list(map(abs, BIASES))
  for i in range(1, ROUNDS + 1):
    size = np.where(mask, np.abs(VECTOR), 0)
    flow = jax.grad(lambda v: jnp.sum(plain(v, ones, biases)))(size)
    scores = np.where(mask, size * np.asarray(flow), -1)
    mask = top(scores, round(SIZE * (total / SIZE) ** (i / ROUNDS)))
  return mask


def synflow(counts):
  return js.synflow(counts, rounds=ROUNDS)


@pytest.mark.parametrize('library', [of_linen, of_nnx, of_equinox])
@pytest.mark.parametrize(
  ('method', 'oracle'), [(js.grasp, by_hessian), (synflow, by_flow)]
)
def test_masks_are_those_of_plain_arrays(method, oracle, library, key):
  net = library()
  counts = js.erk(net.params, 0.6)
  tx = js.sparsify(optax.adam(0.1), method(counts), key=key, probe=net.probe())
  state = tx.init(net.params)
  pruned = js.prune(
    net.params, counts, method=method, probe=net.probe(), key=key
  )
  expected = oracle(sum(jax.tree.leaves(counts)))
  assert 0 < expected[: FIRST.size].sum() < FIRST.size
  for masks in (state.mask_state.masks, pruned.masks):
    assert len(jax.tree.leaves(masks)) == 2
    got = np.concatenate([np.ravel(mask) for mask in net.kernels(masks)])
    np.testing.assert_array_equal(got, expected)
  weights = np.concatenate([np.ravel(w) for w in net.kernels(pruned.params)])
  np.testing.assert_array_equal(weights, np.where(expected, VECTOR, 0))


def test_an_optimiser_of_nnx_starts_from_them(key):
  net, model = of_nnx(), NnxMlp()
  counts = js.erk(net.params, 0.6)
  tx = js.sparsify(
    optax.adam(0.1), js.grasp(counts), key=key, probe=net.probe()
  )
  optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
  seen = js.sparsify_params(nnx.state(model, nnx.Param), optimizer.opt_state)
  got = np.concatenate([np.ravel(w) for w in net.kernels(seen)])
  total = sum(jax.tree.leaves(counts))
  np.testing.assert_array_equal(got, np.where(by_hessian(total), VECTOR, 0))


def test_pruning_takes_methods_of_pruning_at_initialisation_alone(key):
  params = {'kernel': jnp.ones((3, 4))}
  with pytest.raises(ValueError, match='does not prune at initialisation'):
    js.prune(params, {'kernel': 5}, method=js.snip, key=key)
  with pytest.raises(ValueError, match='a key is needed'):
    js.prune(params, {'kernel': 5}, method=js.random)
  masks = {'kernel': jnp.ones((3, 4), bool)}
  with pytest.raises(ValueError, match='masks are None'):
    js.prune(params, {'kernel': 5}, method=js.random, masks=masks, key=key)
