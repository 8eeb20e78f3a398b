"""Segments of a net: their gradient, and what is kept for it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.models.gru_lm import gru_lm
from jaxsparse.tasks.classification import classification
from jaxsparse.training.rematerialisation import rematerialised

BATCH, WIDTH, DEPTH = 512, 16, 9


class Deep(nn.Module):
  @nn.compact
  def __call__(self, x, *, train=False):
    for _ in range(DEPTH - 1):
      x = nn.relu(nn.BatchNorm(not train)(nn.Dense(WIDTH)(x)))
    x = nn.Dropout(0.5, deterministic=not train)(x)
    return nn.Dense(WIDTH)(x)


def of(module, inputs, labels):
  """The loss of `module` in training, and its variables."""
  task = classification(module)
  params, model_state = jax.jit(task.init)(jax.random.key(0), inputs[:1])

  def loss(params, model_state):
    batch = {'image': inputs, 'label': labels}
    return task.loss(
      params, model_state, batch, key=jax.random.key(1), train=True
    )

  return loss, params, model_state


@pytest.fixture(scope='module')
def deep():
  inputs = jax.random.normal(jax.random.key(2), (BATCH, WIDTH))
  return of(Deep(), inputs, jnp.arange(BATCH) % WIDTH)


def assert_same_gradient(loss, *variables):
  forms = loss, rematerialised(loss)
  found = [
    jax.jit(jax.value_and_grad(form, has_aux=True))(*variables)
    for form in forms
  ]
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), *found
  )
  assert jax.tree.structure(found[0]) == jax.tree.structure(found[1])


def test_the_gradient_and_all_outputs_are_the_same(deep):
  assert_same_gradient(*deep)


def test_a_net_with_a_loop_in_it():
  characters = jnp.arange(24, dtype=jnp.int32).reshape(3, 8) % 5
  net = gru_lm(units=6, embed_dim=4, readout=4, num_classes=5)
  assert_same_gradient(*of(net, characters, characters))


def kept(loss, params, model_state):
  """Bytes of activations that the backward pass gets from the forward pass."""

  def residuals(params):
    return jax.vjp(lambda p: loss(p, model_state)[0], params)[1]

  leaves = jax.tree.leaves(jax.eval_shape(residuals, params))
  return sum(x.size * x.dtype.itemsize for x in leaves if x.size >= BATCH)


def test_the_backward_pass_gets_an_activation_of_each_segment_alone(deep):
  loss, *variables = deep
  activation = BATCH * WIDTH * 4
  assert kept(loss, *variables) > DEPTH * activation
  # Three segments: the input of each, and the labels.
  assert kept(rematerialised(loss), *variables) < 4 * activation


def test_a_function_without_products_and_an_output_that_is_a_number():
  value, aux = rematerialised(lambda x: (jnp.sum(x), 1.0))(jnp.ones(3))
  assert (value, aux) == (3.0, 1.0)
