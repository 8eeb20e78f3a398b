"""What stands in params and counts and does not belong there, by its path."""

import equinox as eqx
import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from jaxsparse.optim.sparsify import sparsify
from jaxsparse.updaters.rigl import rigl

PARAMS = {
  'l0': {'kernel': jnp.ones((6, 8)), 'bias': jnp.ones(8)},
  'l1': {'kernel': jnp.ones((8, 4)), 'bias': jnp.ones(4)},
}
COUNTS = {
  'l0': {'kernel': 10, 'bias': None},
  'l1': {'kernel': 5, 'bias': None},
}


class Dropped(nnx.Module):
  def __init__(self, rngs):
    self.a = nnx.Linear(6, 8, rngs=rngs)
    self.d = nnx.Dropout(0.5, rngs=rngs)


def init(params, counts):
  times = {'start_step': 0, 'stop_step': 9}
  updater = rigl(counts, **times)
  key = jax.random.key(0)
  tx = sparsify(optax.adam(0.1), updater, key=key, update_interval=3, **times)
  return tx.init(params)


def counting(kernel):
  return COUNTS | {'l0': {'kernel': kernel, 'bias': None}}


@pytest.mark.parametrize(
  ('counts', 'error', 'words'),
  [
    (counting(10.0), TypeError, r"'l0/kernel' is 10.0 .float.; .* 0 to 48"),
    (counting(True), TypeError, r"'l0/kernel' is True .bool.; .* integer"),
    (counting(np.float32(3)), TypeError, "'l0/kernel' .*float32.*integer"),
    (
      counting(np.ones((6, 8), bool)),
      TypeError,
      r"'l0/kernel' is of shape \(6, 8\) .bool.; accepted is an integer",
    ),
    (counting(49), ValueError, "'l0/kernel' is 49; .* 0 to 48"),
    ({'l0': COUNTS['l0']}, ValueError, "counts have nothing at 'l1/"),
    (
      COUNTS | {'l0': {'kernel': 10}},
      ValueError,
      "nothing at 'l0/bias'; accepted is an integer .* or None",
    ),
    (
      COUNTS | {'l2': {'kernel': 3}},
      ValueError,
      "'l2/kernel' has no parameter. Did you mean 'l[01]/kernel'",
    ),
    (
      flax.core.freeze(COUNTS),
      ValueError,
      'counts are a FrozenDict, params a dict; accepted',
    ),
  ],
)
def test_counts_that_do_not_fit(counts, error, words):
  with pytest.raises(error, match=words):
    init(PARAMS, counts)
  if isinstance(counts, dict):
    model = nnx.State(jax.tree.map(nnx.Param, PARAMS))
    with pytest.raises(error, match=words):
      init(model, counts)


def test_counts_of_a_dict_with_frozen_params():
  with pytest.raises(ValueError, match='a dict, params a FrozenDict'):
    init(flax.core.freeze(PARAMS), COUNTS)


def test_counts_that_are_traced_are_integers_too():
  with pytest.raises(TypeError, match="'l0/kernel' is .*float(32|64)"):
    jax.jit(lambda n: init(PARAMS, counting(n)))(3.0)


@pytest.mark.parametrize(
  ('params', 'words'),
  [
    ({'l': {'steps': jnp.int32(3)}}, "'l/steps' is int32; .* floating"),
    ({'rng': jax.random.key(0)}, r"'rng' is key<fry>; .* PRNG keys .* apart"),
    ({'rng': jax.random.PRNGKey(0)}, "'rng' is uint32"),
    (
      nnx.state(Dropped(nnx.Rngs(0))),
      r"'d/rngs/.*nnx.state\(model, nnx.Param",
    ),
    (Dropped(nnx.Rngs(0)), r"'d/rngs/.*nnx.state\(model, nnx.Param"),
    (
      eqx.nn.MLP(6, 4, 8, 1, key=jax.random.key(0)),
      r"'activation' is a custom_jvp; .* eqx.filter\(model",
    ),
  ],
)
def test_what_is_no_parameter(params, words):
  counts = jax.tree.map(lambda _: None, params)
  with pytest.raises(TypeError, match=words):
    init(params, counts)
