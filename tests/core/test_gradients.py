"""Gradients and Hessian products of masked leaves, against explicit Hessians.

In float64, on a net of 6-8-7-4 units whose biases are exempt.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import gradients
from jaxsparse.core.types import Probe

SIZES = (6, 8, 7, 4)
LAYERS = ('a', 'b', 'c')
NHWC = ('NHWC', 'HWIO', 'NHWC')
COUNTS = {name: {'kernel': 1, 'bias': None} for name in LAYERS}


def apply(params, inputs, activation=jax.nn.relu):
  hidden = inputs
  for name in LAYERS:
    layer = params[name]
    hidden = hidden @ layer['kernel'] + layer['bias'][None]
    hidden = activation(hidden) if name != 'c' else hidden
  return hidden


def loss(params, batch, temperature=1.0, activation=jax.nn.relu):
  logits = apply(params, batch[0], activation) / temperature
  return -jnp.mean(
    jax.nn.log_softmax(logits)[jnp.arange(len(logits)), batch[1]]
  )


def tanh_loss(params, batch):
  return loss(params, batch, activation=jnp.tanh)


@pytest.fixture(autouse=True)
def double_precision():
  with jax.enable_x64(True):
    yield


def draw(examples=40, dtype=np.float64):
  random = np.random.default_rng(0)
  params = {
    name: {
      'kernel': random.normal(0, shape[0] ** -0.5, shape).astype(dtype),
      'bias': random.normal(size=shape[1]).astype(dtype),
    }
    for name, shape in zip(
      LAYERS, zip(SIZES, SIZES[1:], strict=False), strict=True
    )
  }
  batch = (
    random.normal(size=(examples, 6)).astype(dtype),
    random.integers(4, size=examples),
  )
  return jax.tree.map(jnp.asarray, (params, batch))


def kernels(tree):
  return [tree[name]['kernel'] for name in LAYERS]


def flat(tree):
  return np.concatenate([np.ravel(leaf) for leaf in kernels(tree)])


def explicit(params, batch, fn=loss):
  """The gradient and the Hessian of the kernels, by another way: one vector."""
  vector, unravel = jax.flatten_util.ravel_pytree(kernels(params))

  def of_vector(vector):
    moved = {
      name: {'kernel': kernel, 'bias': params[name]['bias']}
      for name, kernel in zip(LAYERS, unravel(vector), strict=True)
    }
    return fn(moved, batch)

  return jax.grad(of_vector)(vector), jax.hessian(of_vector)(vector)


def grasp_scores(params, batches, **options):
  at = gradients.objective(Probe(loss, batches), params, COUNTS, **options)
  grads = gradients.gradient(at)
  return flat(grads), flat(gradients.hessian_product(at, grads))


def error(got, expected):
  return np.linalg.norm(got - expected) / np.linalg.norm(expected)


def split(batch, *sizes):
  ends = np.cumsum((0, *sizes))
  return [
    jax.tree.map(lambda x, i=i: x[ends[i] : ends[i + 1]], batch)
    for i in range(len(sizes))
  ]


def test_the_product_is_that_of_the_explicit_hessian():
  params, batch = draw()
  g, hg = grasp_scores(params, [batch])
  grads, hessian = explicit(params, batch)
  assert error(g, grads) < 1e-12
  assert error(hg, hessian @ grads) < 1e-12


def test_in_float32_as_well():
  expected = grasp_scores(*(lambda p, b: (p, [b]))(*draw()))[1]
  params, batch = draw(dtype=np.float32)
  got = grasp_scores(params, [batch])[1]
  assert got.dtype == np.float32
  assert error(got, expected) < 1e-4


def test_half_precision_is_scored_in_float32():
  params, batch = draw(dtype=np.float32)
  half = jax.tree.map(lambda p: p.astype(jnp.bfloat16), params)
  got = grasp_scores(half, [batch])[1]
  wide = jax.tree.map(lambda p: p.astype(jnp.float32), half)
  np.testing.assert_array_equal(got, grasp_scores(wide, [batch])[1])


def test_removing_a_weight_changes_the_gradient_norm_as_its_score_says():
  """By central differences: pins the sign, and the factor of two."""
  params, batch = draw()
  probe = Probe(tanh_loss, [batch])

  @jax.jit
  def squared_norm(weights):
    moved = {
      name: {'kernel': w, 'bias': params[name]['bias']}
      for name, w in zip(LAYERS, weights, strict=True)
    }
    at = gradients.objective(probe, moved, COUNTS)
    return sum(jnp.sum(g**2) for g in kernels(gradients.gradient(at)))

  at = gradients.objective(probe, params, COUNTS)
  product = gradients.hessian_product(at, gradients.gradient(at))
  weights = kernels(params)
  removed = -np.concatenate(
    [np.ravel(w * h) for w, h in zip(weights, kernels(product), strict=True)]
  )
  step, measured = 1e-3, []
  for i, weight in enumerate(weights):
    for place in range(weight.size):

      def moved(sign, i=i, place=place):
        changed = list(weights)
        at = np.unravel_index(place, changed[i].shape)
        changed[i] = changed[i].at[at].multiply(1 + sign * step)
        return squared_norm(changed)

      measured.append((moved(-1) - moved(1)) / (4 * step))
  assert error(np.array(measured), removed) < 1e-6


def test_batches_of_any_sizes_make_the_whole_batch():
  params, batch = draw()
  whole = grasp_scores(params, [batch])
  parts = split(batch, 7, 20, 13)
  for batches in (parts, parts[::-1]):
    for got, expected in zip(grasp_scores(params, batches), whole, strict=True):
      assert error(got, expected) < 1e-12


def test_the_gradient_of_all_batches_goes_into_the_product_with_each():
  """The shortcut, each batch's product with its own gradient, is not it."""
  params, batch = draw()
  whole = grasp_scores(params, [batch])[1]
  shortcut = np.mean(
    [grasp_scores(params, [part])[1] for part in split(batch, 10, 10, 10, 10)],
    axis=0,
  )
  assert error(shortcut, whole) > 0.1


def test_rows_of_an_array_are_batches_too():
  params, batch = draw()
  rows = np.arange(40).reshape(4, 10)
  probe = Probe(lambda p, row: loss(p, (batch[0][row], batch[1][row])), rows)
  at = gradients.objective(probe, params, COUNTS)
  got = flat(gradients.hessian_product(at, gradients.gradient(at)))
  assert error(got, grasp_scores(params, [batch])[1]) < 1e-12


def convolved(params, images):
  out = jax.lax.conv_general_dilated(
    images, params['a']['kernel'], (1, 1), 'SAME', dimension_numbers=NHWC
  )
  return jnp.mean(jnp.tanh(out) ** 2)


def multiplied(params, images):
  return jnp.mean(jnp.tanh(images @ params['a']['kernel'][0, 0]) ** 2)


@pytest.mark.parametrize(
  ('loss', 'batches', 'loops'),
  [
    (convolved, 1, False),
    (convolved, 3, False),
    (convolved, 5, True),
    (multiplied, 1, False),
    (multiplied, 3, True),
  ],
)
def test_few_batches_of_convolutions_make_no_loop(loss, batches, loops):
  """On CPU one takes fifteen times as long; the sums are the same."""
  random = np.random.default_rng(0)
  params = {'a': {'kernel': jnp.asarray(random.normal(size=(3, 3, 2, 3)))}}
  images = jnp.asarray(random.normal(size=(2 * batches, 4, 4, 2)))
  rows = np.arange(2 * batches).reshape(batches, 2)

  def summed(params):
    probe = Probe(lambda p, row: loss(p, images[row]), rows)
    return gradients.gradient(gradients.objective(probe, params, params))

  program = jax.jit(summed)
  assert ('while' in program.lower(params).as_text()) == loops
  expected = jax.grad(loss)(params, images)
  np.testing.assert_allclose(
    *(tree['a']['kernel'] for tree in (program(params), expected)), rtol=1e-12
  )


def test_batches_that_count_the_same_are_summed():
  params, batch = draw()
  small, large = split(batch, 10, 30)
  got = grasp_scores(params, [small, large], equal=True)[0]
  expected = [grasp_scores(params, [part])[0] for part in (small, large)]
  assert error(got, sum(expected)) < 1e-12


def test_a_temperature_divides_the_logits():
  params, batch = draw()
  got = grasp_scores(params, [batch], temperature=200.0)[1]
  grads, hessian = explicit(params, batch, lambda p, b: loss(p, b, 200.0))
  assert error(got, hessian @ grads) < 1e-12


@pytest.mark.parametrize(
  'probe', [None, Probe(), Probe(loss), Probe(loss, []), Probe(None, [1])]
)
def test_without_a_loss_and_a_batch_there_are_no_scores(probe):
  with pytest.raises(ValueError, match='a probe with a loss and at least one'):
    gradients.objective(probe, draw()[0], COUNTS)


def test_a_loss_without_a_temperature_is_given_none():
  params, batch = draw()
  with pytest.raises(ValueError, match=r'temperature is 2\.0'):
    gradients.objective(
      Probe(tanh_loss, [batch]), params, COUNTS, temperature=2.0
    )
