"""Products of a loss's Hessian with vectors of active weights.

A product is forward over reverse: the derivative, along the vector, of the
gradient. Many vectors are one program by `vmap` over the tangents alone; the
primal values keep no such axis, so a convolution never has both operands
batched, which XLA would turn into a slow grouped one.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.analysis import active
from jaxsparse.core import paths
from jaxsparse.core.gradients import examples
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Masks, Params, Path, PyTree

BatchLoss = Callable[[Params, PyTree], jax.Array]


@functools.partial(jax.jit, static_argnames=('loss', 'columns', 'rows'))
def products(
  loss: BatchLoss,
  params: Params,
  at: active.Index,
  batch: PyTree,
  vectors: jax.Array,
  *,
  columns: tuple[Path, ...],
  rows: tuple[Path, ...],
) -> jax.Array:
  """Computes rows of a batch's Hessian times vectors on some of its columns.

  Leaves outside `columns` have no tangent and those outside `rows` no
  derivative, and neither is computed: in a network whose `columns` and `rows`
  are its last layers, the first ones cost nothing but their primal values.

  Args:
    loss: `(params, batch) -> scalar`.
    params: all of the params, 0 outside the masks.
    at: positions of the active weights.
    batch: what `loss` takes.
    vectors: [k, active weights in columns], float.
    columns: leaves whose active weights the vectors move.
    rows: leaves whose entries of the product are returned.

  Returns:
    [k, active weights in rows].
  """
  leaves = paths.flatten(params)
  moved_at = {path: at[path] for path in columns}

  def gradient(moved):
    tree = jax.tree.unflatten(
      jax.tree.structure(params), (leaves | moved).values()
    )
    grads = paths.flatten(jax.grad(loss)(tree, batch))
    return active.gather(grads, {path: at[path] for path in rows})

  def product(vector):
    moved = {path: leaves[path] for path in columns}
    tangent = active.scatter(vector, moved, moved_at)
    return jax.jvp(gradient, (moved,), (tangent,))[1]

  # By default accelerators round the factors of float32 products.
  with jax.default_matmul_precision('highest'):
    return jax.vmap(product)(vectors)


class Operator(NamedTuple):
  """The Hessian of a mean loss over the active weights, as products.

  Attributes:
    loss: `(params, batch) -> scalar`.
    params: 0 outside the masks.
    at: positions of the n active weights.
    batches: what `loss` takes.
    weights: the part of each batch in the mean, float64 summing to 1.
  """

  loss: BatchLoss
  params: Params
  at: active.Index
  batches: tuple[PyTree, ...]
  weights: np.ndarray

  @property
  def size(self) -> int:
    """Number n of active weights."""
    return sum(map(len, self.at.values()))


def operator(
  loss: BatchLoss, params: Params, masks: Masks, batches: Iterable[PyTree]
) -> Operator:
  """Returns the Hessian of the mean of `loss` over `batches`, as products.

  Args:
    loss: `(params, batch) -> scalar`, the mean over the batch. Programs are
      cached by this very function: pass the same one for every checkpoint.
    params: where the Hessian is taken; masked entries count as 0.
    masks: masks of the structure of `params`; `None` leaves are exempt.
    batches: what `loss` takes, at least one. Each counts by the length of its
      leading axis; one of another shape compiles once more.

  Raises:
    ValueError: masks that do not fit, nothing active, no batch, or one batch
      where a list of them is accepted.
  """
  at = active.index(params, masks)
  stored = tuple(batches)
  if not stored:
    raise ValueError('batches: none; the Hessian needs at least one')
  check_batches(loss, params, stored[0], batches)
  counts = np.array([examples(batch) for batch in stored], np.float64)
  return Operator(
    loss, apply_masks(params, masks), at, stored, counts / counts.sum()
  )


def check_batches(
  loss: Callable[[Params, PyTree], PyTree],
  params: Params,
  first: PyTree,
  batches: PyTree,
) -> None:
  """Raises where the loss takes all of `batches` and not the first of them.

  Shapes alone do not distinguish `(x, y)` from two batches, but the loss does.
  Its own errors are raised unchanged.

  Args:
    loss: the function of params and a batch.
    params: its first argument.
    first: of `batches`.
    batches: the argument to check.

  Raises:
    ValueError: `batches` is one batch.
  """
  try:
    jax.eval_shape(loss, params, first)
  except Exception as error:
    if isinstance(batches, Iterator):
      raise
    try:
      jax.eval_shape(loss, params, batches)
    except Exception:
      raise error from None
    raise ValueError(
      'batches is one batch, for the loss takes it whole and not its first'
      f' part ({type(error).__name__}); accepted are several: [batch]'
    ) from error


def multiply(op: Operator, vectors: np.ndarray) -> np.ndarray:
  """Computes H v for each of `vectors`, summed over the batches in float64.

  Args:
    op: the Hessian.
    vectors: [k, n].

  Returns:
    float64 [k, n].

  Raises:
    ValueError: a product is not finite.
  """
  everything = tuple(op.at)
  total = np.zeros(vectors.shape)
  for batch, weight in zip(op.batches, op.weights, strict=True):
    part = products(
      op.loss,
      op.params,
      op.at,
      batch,
      jnp.asarray(vectors),
      columns=everything,
      rows=everything,
    )
    total += weight * np.asarray(part, np.float64)
  check_finite(total)
  return total


def check_finite(values: np.ndarray) -> None:
  """Raises `ValueError` where second derivatives are not finite."""
  if not np.isfinite(values).all():
    raise ValueError('the Hessian is not finite: are the params and the loss?')
