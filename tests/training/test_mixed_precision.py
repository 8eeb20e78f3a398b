"""The dtypes of a net that computes in bfloat16."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax.extend.core import jaxprs_in_params

from jaxsparse.tasks.classification import classification
from jaxsparse.tasks.mixup import mixup
from jaxsparse.training.mixed_precision import MixedPrecision


class Net(nn.Module):
  """A net of a user's own, which knows nothing of dtypes."""

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.relu(nn.BatchNorm(not train)(nn.Conv(4, (3, 3))(x)))
    x = nn.Dropout(0.5, deterministic=not train)(x.mean((1, 2)))
    return nn.Dense(3)(x)


BATCH = {
  'image': jax.random.normal(jax.random.key(2), (6, 5, 5, 1)),
  'label': jnp.arange(6) % 3,
}


def products(jaxpr):
  """The dtypes of the results of all convolutions and matrix products."""
  found = set()
  for eqn in jaxpr.eqns:
    if eqn.primitive.name in ('conv_general_dilated', 'dot_general'):
      found.add(str(eqn.outvars[0].aval.dtype))
    for inner in jaxprs_in_params(eqn.params):
      found |= products(inner)
  return found


def gradient(task):
  params, model_state = task.init(jax.random.key(0), BATCH['image'][:1])

  def loss(params):
    key = jax.random.key(1)
    return task.loss(params, model_state, BATCH, key=key, train=True)

  return jax.value_and_grad(loss, has_aux=True), params


@pytest.mark.parametrize('task', [classification, mixup])
def test_products_are_bfloat16_and_all_that_leaves_is_float32(task):
  fn, params = gradient(task(MixedPrecision(Net(), 'bfloat16')))
  traced = jax.jit(fn).trace(params)
  # Mixup draws its images in float32, and these are cast.
  assert products(traced.jaxpr.jaxpr) == {'bfloat16'}
  (loss, (model_state, logits)), grads = traced.out_info
  leaves = jax.tree.leaves((params, loss, model_state, logits, grads))
  assert {leaf.dtype for leaf in leaves} == {jnp.dtype('float32')}


def test_gradients_and_statistics_are_close_to_those_of_float32():
  ends = []
  for net in (Net(), MixedPrecision(Net(), 'bfloat16')):
    fn, params = gradient(classification(net))
    ends.append(jax.jit(fn)(params))
  flat = [np.concatenate([x.ravel() for x in jax.tree.leaves(e)]) for e in ends]
  assert np.abs(flat[0] - flat[1]).max() < 0.02 * np.abs(flat[0]).max()
  assert np.any(flat[0] != flat[1])
  statistics = [end[0][1][0]['batch_stats'] for end in ends]
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, atol=2e-3), *statistics
  )


def test_wrappers_of_equal_nets_are_equal_and_characters_stay_integers():
  class Text(nn.Module):
    @nn.compact
    def __call__(self, x, *, train=False):
      return nn.Dense(3)(nn.Embed(5, 4)(x))

  net = MixedPrecision(Text(), 'bfloat16')
  assert hash(MixedPrecision(Text(), 'bfloat16')) == hash(net)
  assert MixedPrecision(Text(), 'bfloat16') == net
  characters = jnp.ones((2, 7), jnp.int32)
  variables = net.init(jax.random.key(0), characters)
  traced = jax.make_jaxpr(lambda v: net.apply(v, characters))(variables)
  assert products(traced.jaxpr) == {'bfloat16'}
