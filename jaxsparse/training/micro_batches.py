"""Gradient accumulation: a batch in parts, one after the other."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxsparse.core import jaxprs, prng
from jaxsparse.core.types import PyTree

# `(model_state, batch, key) -> (model_state, values)`
OfBatch = Callable[[PyTree, PyTree, jax.Array], tuple[PyTree, PyTree]]


def mean(
  fn: OfBatch, number: int, model_state: PyTree, batch: PyTree, key: jax.Array
) -> tuple[PyTree, PyTree]:
  """Averages the values of `fn` over micro-batches.

  Micro-batch i of n has the examples i, i + n, i + 2n, ...: where a batch is
  sharded by its first axis, so is each of its parts. `model_state` goes from
  one to the next, so that statistics of BatchNorm are updated n times.

  Args:
    fn: values are floats, means over a batch.
    number: of micro-batches; divides the batch. With 1, `fn` itself is called.
    model_state: of the first micro-batch.
    batch: leaves [batch, ...].
    key: each micro-batch has one of its own, drawn from it.

  Returns:
    The state after the last, and the means, which are summed in float32.
  """
  if number == 1:
    return fn(model_state, batch, key)
  parts = jax.tree.map(
    lambda x: x.reshape(-1, number, *x.shape[1:]).swapaxes(0, 1), batch
  )
  first = model_state, jax.tree.map(lambda x: x[0], parts), key
  _, shapes = jax.eval_shape(fn, *first)

  def body(carry, part):
    (model_state, sums), (i, batch) = carry, part
    model_state, values = fn(model_state, batch, prng.at(key, i))
    return (model_state, jax.tree.map(jnp.add, sums, values)), None

  start = model_state, jax.tree.map(_zeros, shapes)
  # A loop of convolutions on CPU is slower than its steps written out.
  unroll = number if jaxprs.slow_in_loops(fn, *first) else 1
  (model_state, sums), _ = jax.lax.scan(
    body, start, (jnp.arange(number), parts), unroll=unroll
  )
  means = jax.tree.map(
    lambda total, one: (total / number).astype(one.dtype), sums, shapes
  )
  return model_state, means


def _zeros(value: jax.ShapeDtypeStruct) -> jax.Array:
  return jnp.zeros(value.shape, jnp.promote_types(value.dtype, jnp.float32))
