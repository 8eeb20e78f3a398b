"""The exact spectrum of the Hessian over active weights.

Curvature shows whether a mask update opened directions in which the loss
falls: eigenvalues below zero (Evci et al. 2022, "Gradient Flow in Sparse
Neural Networks and How Lottery Tickets Win"). It is exact here, from the whole
matrix; where that does not fit, `analysis.lanczos` estimates it.

The matrix is built layer by layer. The columns of one layer's weights are
followed only to the rows of that layer and of those used after it; symmetry
gives the rest. A tangent in a late layer then leaves the early layers out,
forward and backward. On LeNet5 that is most of the cost: its convolutions hold
6 % of the active weights, and only their columns pass through convolutions.

On a model of your own:

>>> import jax.numpy as jnp
>>> from jaxsparse.analysis import hessian
>>> def loss(params, batch):
...   x, y = batch
...   return jnp.mean((jnp.tanh(x @ params['w']) @ params['v'] - y) ** 2)
>>> params = {'w': jnp.ones((2, 3)), 'v': jnp.ones(3)}
>>> masks = {'w': jnp.eye(2, 3, dtype=bool), 'v': None}
>>> batch = (jnp.eye(2), -jnp.ones(2))
>>> found = hessian.spectrum(loss, params, masks, [batch])
>>> found.eigenvalues.shape  # 2 of w, all 3 of v
(5,)
>>> hessian.negative(found.eigenvalues).number
2
"""

import logging
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from jaxsparse.analysis.products import (
  BatchLoss,
  Operator,
  check_finite,
  multiply,
  operator,
  products,
)
from jaxsparse.core import paths
from jaxsparse.core.types import Masks, Params, Path, PyTree

_log = logging.getLogger(__name__)


class Hessian(NamedTuple):
  """A Hessian over n active weights, with estimates of its errors.

  Attributes:
    matrix: float64 [n, n], symmetrised; order as in `analysis.active`.
    symmetry_error: the largest difference of an entry and its mirror before
      that, among entries computed both ways (those within a layer), relative
      to the largest entry.
    product_error: the relative L2 difference of `matrix` times a random
      vector from the product computed without the matrix, all rows of it:
      this also sees entries that were computed one way only.
  """

  matrix: np.ndarray
  symmetry_error: float
  product_error: float


class Spectrum(NamedTuple):
  """Eigenvalues, float64 [n] ascending; the errors are those of `Hessian`."""

  eigenvalues: np.ndarray
  symmetry_error: float
  product_error: float


class Negative(NamedTuple):
  """Number and sum of the eigenvalues below a threshold.

  An estimate's number need not be whole.
  """

  number: float
  total: float


def hessian(
  loss: BatchLoss,
  params: Params,
  masks: Masks,
  batches: Iterable[PyTree],
  *,
  chunk: int = 16,
  max_size: int = 20_000,
) -> Hessian:
  """Computes the exact Hessian of the mean loss over the active weights.

  Args:
    loss: `(params, batch) -> scalar`, the mean over the batch. Programs, one
      a layer, are cached by this very function.
    params: where the Hessian is taken; masked entries count as 0.
    masks: masks of the structure of `params`; `None` leaves are exempt and
      all of their entries active.
    batches: what `loss` takes; each counts by the length of its leading axis.
      On CPU some 250 images a batch were fastest.
    chunk: columns computed at once, >= 1.
    max_size: the most active weights accepted; the matrix takes 8 n^2 bytes.

  Raises:
    ValueError: masks that do not fit, nothing active, no batch, one batch in
      place of several, more active weights than `max_size`, or a Hessian that
      is not finite.
  """
  if chunk < 1:
    raise ValueError(f'chunk is {chunk}; accepted is >= 1')
  op = operator(loss, params, masks, batches)
  if op.size > max_size:
    raise ValueError(
      f'{op.size} active weights, max_size is {max_size}: the Hessian would'
      f' take {8e-9 * op.size**2:.1f} GB. analysis.lanczos needs no matrix'
    )
  matrix, symmetry_error = _mirrored(*_upper(op, chunk))
  probe = np.random.default_rng(0).choice([-1.0, 1.0], (1, op.size))
  exact = multiply(op, probe)
  error = _relative(probe @ matrix - exact, exact)
  return Hessian(matrix, symmetry_error, error)


def spectrum(
  loss: BatchLoss,
  params: Params,
  masks: Masks,
  batches: Iterable[PyTree],
  *,
  chunk: int = 16,
  max_size: int = 20_000,
) -> Spectrum:
  """Computes the eigenvalues of `hessian`, in float64; arguments as there.

  For the effect of a mask update call it with the params and masks before
  and after, on the same batches; if as many weights are active in each leaf,
  nothing is compiled twice.
  """
  matrix, *errors = hessian(
    loss, params, masks, batches, chunk=chunk, max_size=max_size
  )
  return Spectrum(np.linalg.eigvalsh(matrix), *errors)


def negative(eigenvalues: np.ndarray, *, below: float = -1e-3) -> Negative:
  """Counts and sums the eigenvalues below `below`, which must be <= 0.

  The default leaves out those that are zero but for rounding.
  """
  if not below <= 0:
    raise ValueError(f'below is {below}; accepted is <= 0')
  selected = eigenvalues[eigenvalues < below]
  return Negative(len(selected), float(selected.sum()))


def layers(op: Operator) -> list[list[Path]]:
  """Groups the leaves by their parents, in order of first use."""
  groups: dict[str, list[Path]] = {}
  order = paths.order_of_use(op.loss, op.params, op.batches[0])
  for path in order:
    groups.setdefault(path.rpartition('/')[0], []).append(path)
  return [[p for p in op.at if p in group] for group in groups.values()]


def _upper(op: Operator, chunk: int) -> tuple[np.ndarray, list[np.ndarray]]:
  """Computes the upper block triangle, and the positions of each layer."""
  ends = np.cumsum([len(positions) for positions in op.at.values()])
  offsets = {
    path: np.arange(end - len(op.at[path]), end)
    for path, end in zip(op.at, ends, strict=True)
  }
  groups = layers(op)
  matrix = np.zeros((op.size, op.size))
  for batch, weight in zip(op.batches, op.weights, strict=True):
    for i, group in enumerate(groups):
      rows = [path for later in groups[i:] for path in later]
      row_offsets = np.concatenate([offsets[path] for path in rows])
      columns = np.concatenate([offsets[path] for path in group])
      _log.info('%d columns of %s', len(columns), ', '.join(group))
      for part, block in _blocks(op, batch, group, rows, chunk):
        matrix[np.ix_(columns[part], row_offsets)] += weight * block
  return matrix, [np.concatenate([offsets[p] for p in g]) for g in groups]


def _blocks(
  op: Operator, batch: PyTree, group: list[Path], rows: list[Path], chunk: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
  """Yields chunks of a layer's columns, and their [k, rows] on one batch."""
  size = sum(len(op.at[path]) for path in group)
  chunk = -(-size // -(-size // chunk)) if size else 1
  for start in range(0, size, chunk):
    which = np.arange(start, min(start + chunk, size))
    basis = np.zeros((chunk, size), np.float32)
    basis[which - start, which] = 1
    block = products(
      op.loss,
      op.params,
      op.at,
      batch,
      basis,
      columns=tuple(group),
      rows=tuple(rows),
    )
    yield which, np.asarray(block, np.float64)[: len(which)]


def _mirrored(
  upper: np.ndarray, layer_places: list[np.ndarray]
) -> tuple[np.ndarray, float]:
  """Returns the full matrix, and the asymmetry of what is computed twice."""
  check_finite(upper)
  error = 0.0
  matrix = upper + upper.T
  for offsets in layer_places:
    block = np.ix_(offsets, offsets)
    error = max(error, np.abs(upper[block] - upper[block].T).max(initial=0))
    matrix[block] /= 2
  return matrix, _relative(error, np.abs(matrix).max())


def _relative(difference: float | np.ndarray, of: float | np.ndarray) -> float:
  error, scale = np.linalg.norm(difference), np.linalg.norm(of)
  return float(error / scale if scale else error)
