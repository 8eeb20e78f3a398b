"""Gradients of the masked weights, and products with their Hessian.

Both are means over several batches, to the rounding of sums that of one batch
of all examples, and need the memory of one (on CPU, where convolutions are slow
in loops, of up to four). A product is forward over reverse: the derivative of
the gradient along a vector.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import jaxprs
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Counts, Params, Probe, PyTree, Scalar

# Up to so many batches are summed in straight code where loops are slow. It has
# the memory of all of them.
_UNROLLED = 4


class Stacked(NamedTuple):
  """Batches of one shape, stacked along a leading axis."""

  tree: PyTree


class Objective(NamedTuple):
  """The loss of a probe as a function of the masked leaves.

  Attributes:
    loss: `(weights, params, batch) -> scalar`.
    weights: the masked leaves, at least float32; `None` for the others.
    params: all of them; masked leaves are not read.
    batches: of the probe.
    equal: whether each batch counts the same, whatever its size, and the result
      is their sum.
  """

  loss: Callable[[Params, Params, PyTree], jax.Array]
  weights: Params
  params: Params
  batches: Any
  equal: bool = False


def objective(
  probe: Probe | None,
  params: Params,
  counts: Counts,
  *,
  temperature: Scalar | None = None,
  equal: bool = False,
) -> Objective:
  """Returns the loss of `probe` as a function of the masked leaves.

  Args:
    probe: the loss and its batches.
    params: where gradients are taken. Those of half precision are converted to
      float32, in which scores do not underflow.
    counts: `None` where a leaf is exempt, and has no gradient.
    temperature: divisor of the logits; `None` for none.
    equal: see `Objective`.

  Raises:
    ValueError: no probe, no batch, or a loss without temperature.
  """
  probe = Probe() if probe is None else probe
  value, batches = probe.loss, probe.batches
  if isinstance(batches, jax.Array | np.ndarray):
    batches = Stacked(batches)
  if value is None or not jax.tree.leaves(batches):
    raise ValueError(
      'the method scores weights by the gradient of a loss; accepted is a probe'
      ' with a loss and at least one batch'
    )
  if temperature is not None and not _takes_temperature(value):
    raise ValueError(
      f'temperature is {temperature!r}, and the loss of the probe takes none;'
      ' accepted is None, or a loss (params, batch, *, temperature), which'
      ' divides its logits by it'
    )
  options = {} if temperature is None else {'temperature': temperature}

  def loss(weights: Params, params: Params, batch: PyTree) -> jax.Array:
    return value(merged(weights, params), batch, **options)

  wide = jax.tree.map(widened, params)
  return Objective(loss, masked_leaves(wide, counts), wide, batches, equal)


def masked_leaves(params: Params, counts: Counts) -> Params:
  """Returns the masked leaves of `params`, and `None` for the others."""
  return map_masks(lambda p, _: p, params, counts)


def merged(weights: Params, params: Params) -> Params:
  """Returns `params` with the masked leaves of `weights`."""
  return map_masks(lambda _, w: w, params, weights, exempt=lambda p: p)


def widened(leaf: jax.Array) -> jax.Array:
  """Converts floats of half precision to float32."""
  half = jnp.issubdtype(leaf.dtype, jnp.floating) and leaf.dtype.itemsize < 4
  return leaf.astype(jnp.float32) if half else leaf


def gradient(at: Objective) -> PyTree:
  """Returns the gradient of the masked leaves, `None` for the others."""
  return total(jax.grad(at.loss), at, at.weights, at.params)


def hessian_product(at: Objective, vector: PyTree) -> PyTree:
  """Returns the Hessian of the masked leaves times `vector`.

  Args:
    at: where, and of which batches.
    vector: of the structure of `at.weights`; the same for all batches.
  """

  def product(weights, params, vector, batch):
    return jax.jvp(
      lambda w: jax.grad(at.loss)(w, params, batch), (weights,), (vector,)
    )[1]

  return total(product, at, at.weights, at.params, vector)


def of_round(probe: Probe, round: int | jax.Array, count: int | None) -> Probe:
  """Returns the probe with the batches of one of several rounds.

  Args:
    probe: its batches are of one shape.
    round: from 1; may be traced.
    count: batches of a round: the next ones, and after the last the first
      again; `None` for all of them in every round.
  """
  if count is None:
    return probe
  stacked = probe.batches
  if not isinstance(stacked, jax.Array | np.ndarray):
    stacked = jax.tree.map(lambda *parts: jnp.stack(parts), *stacked)
  at = ((round - 1) * count + jnp.arange(count)) % len(probe.batches)
  chosen = jax.tree.map(lambda x: jnp.asarray(x)[at], stacked)
  return probe._replace(batches=Stacked(chosen))


def total(
  fn: Callable[..., PyTree], at: Objective, *operands: PyTree
) -> PyTree:
  """Sums `fn(*operands, batch)` over the batches, weighted by their sizes.

  Args:
    fn: jitted here, and compiled once for batches of one shape.
    at: its batches; weights sum to 1, or are 1 each if it is `equal`.
    *operands: arrays that are the same for all batches.
  """
  with jax.default_matmul_precision('highest'):
    if isinstance(at.batches, Stacked):
      return _scanned(fn, at, *operands)
    sizes = [examples(batch) for batch in at.batches]
    weights = [1.0 if at.equal else size / sum(sizes) for size in sizes]
    compiled, out = jax.jit(fn), None
    for weight, batch in zip(weights, at.batches, strict=True):
      part = compiled(*operands, batch)
      if weight != 1:
        part = jax.tree.map(lambda x, w=weight: x * w, part)
      out = part if out is None else jax.tree.map(jnp.add, out, part)
    return out


def _scanned(
  fn: Callable[..., PyTree], at: Objective, *operands: PyTree
) -> PyTree:
  """Returns the `total` over batches that are rows of an array."""
  batches = at.batches.tree
  number = len(jax.tree.leaves(batches)[0])
  first = jax.tree.map(lambda x: x[0], batches)
  if number == 1:
    return jax.jit(fn)(*operands, first)
  few = number <= _UNROLLED and jaxprs.slow_in_loops(fn, *operands, first)
  unroll = number if few else 1

  def run(operands, batches):
    def add(sums, batch):
      return jax.tree.map(jnp.add, sums, fn(*operands, batch)), None

    shapes = jax.eval_shape(fn, *operands, first)
    zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    return jax.lax.scan(add, zeros, batches, unroll=unroll)[0]

  out = jax.jit(run)(operands, batches)
  return out if at.equal else jax.tree.map(lambda x: x / number, out)


def examples(batch: PyTree) -> int:
  """Returns a batch's weight, the length of its first array's leading axis.

  A batch without arrays, or whose first array is a scalar, counts as one.
  """
  leaves = jax.tree.leaves(batch)
  shape = np.shape(leaves[0]) if leaves else ()
  return shape[0] if shape else 1


def _takes_temperature(loss: Callable[..., jax.Array]) -> bool:
  return 'temperature' in inspect.signature(loss).parameters
