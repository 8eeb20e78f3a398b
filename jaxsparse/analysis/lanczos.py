"""The Hessian's spectrum from products alone, where its matrix does not fit.

The density is by stochastic Lanczos quadrature (Golub and Meurant 1994; for
networks Ghorbani, Krishnan and Xiao 2019): m steps of Lanczos from
a random vector v give m nodes and weights that integrate any function of the
eigenvalues against v's part in each; their mean over random v is the density.
Extreme eigenvalues are by SciPy's ARPACK, restarted until they converge.

The recurrence is written out here, where `matfree` has one, as theirs is a
single traced program: all batches would have to be on the device at once, and
the orthogonalisation would run in float32. Here each product is a program of
its own; batches stream through it, and the recurrence is in float64.

On a model of your own:

>>> import jax, jax.numpy as jnp, numpy as np
>>> from jaxsparse.analysis import lanczos
>>> def loss(params, batch):
...   return 0.5 * jnp.sum(batch * params['w'] ** 2)
>>> params, masks = {'w': jnp.ones(5)}, {'w': None}
>>> curvature = jnp.array([-2.0, 0.0, 1.0, 3.0, 7.0])
>>> found = lanczos.quadrature(
...   loss, params, masks, [curvature], key=jax.random.key(0), num_steps=5
... )
>>> np.round(lanczos.negative(found).number, 4)
np.float64(1.0)
>>> ends = lanczos.extremes(
...   loss, params, masks, [curvature], key=jax.random.key(0)
... )
>>> np.round(ends.lowest, 4), np.round(ends.highest, 4)
(array([-2.]), array([7.]))
"""

from collections.abc import Iterable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.analysis.hessian import Negative
from jaxsparse.analysis.products import (
  BatchLoss,
  Operator,
  multiply,
  operator,
)
from jaxsparse.core.types import Masks, Params, PyTree


class Quadrature(NamedTuple):
  """An estimate of a spectrum of `size` eigenvalues.

  Attributes:
    nodes: [probes, steps], ascending in each probe.
    weights: [probes, steps], >= 0, of sum 1 in each probe.
    size: n, the number of active weights.
  """

  nodes: np.ndarray
  weights: np.ndarray
  size: int


class Extremes(NamedTuple):
  """The `lowest` and the `highest` eigenvalues, [k] each, ascending."""

  lowest: np.ndarray
  highest: np.ndarray


def quadrature(
  loss: BatchLoss,
  params: Params,
  masks: Masks,
  batches: Iterable[PyTree],
  *,
  key: jax.Array,
  num_probes: int = 4,
  num_steps: int = 64,
) -> Quadrature:
  """Estimates the Hessian's spectrum by stochastic Lanczos quadrature.

  Args:
    loss: `(params, batch) -> scalar`, the mean over the batch.
    params: where the Hessian is taken; masked entries count as 0.
    masks: masks of the structure of `params`; `None` leaves are exempt.
    batches: what `loss` takes; each counts by the length of its leading axis.
    key: draws the probes, vectors of +1 and -1.
    num_probes: >= 1. The error falls as one over its root, and as one over
      the root of n.
    num_steps: products a probe, >= 1; n if n is smaller. Twice as many moments
      of the spectrum are exact, and the host holds as many vectors.

  Raises:
    ValueError: masks that do not fit, nothing active, no batch, a number
      below 1, or a Hessian that is not finite.
  """
  for name, value in (('num_probes', num_probes), ('num_steps', num_steps)):
    if value < 1:
      raise ValueError(f'{name} is {value}; accepted is >= 1')
  op = operator(loss, params, masks, batches)
  # Of `jax.random.rademacher`, whose signs differ under `jax_enable_x64`.
  heads = jax.random.bernoulli(key, np.float32(0.5), (num_probes, op.size))
  starts = np.where(heads, 1.0, -1.0)
  steps = min(num_steps, op.size)
  rules = [_gauss_rule(op, start, steps) for start in starts]
  nodes, weights = map(np.stack, zip(*rules, strict=True))
  return Quadrature(nodes, weights, op.size)


def density(
  found: Quadrature, points: np.ndarray, *, width: float
) -> np.ndarray:
  """Computes the spectrum's density, a sum of Gaussians round the nodes.

  Args:
    found: from `quadrature`.
    points: where the density is evaluated, [p].
    width: standard deviation of each Gaussian, > 0, in units of eigenvalues.

  Returns:
    [p], of integral 1; times n it counts eigenvalues. The density of an exact
    spectrum is that of `Quadrature(eigenvalues[None], ones[None] / n, n)`.
  """
  if not width > 0:
    raise ValueError(f'width is {width}; accepted is > 0')
  away = (np.asarray(points)[:, None] - found.nodes.reshape(1, -1)) / width
  bells = np.exp(-0.5 * away**2) / (width * np.sqrt(2 * np.pi))
  return bells @ found.weights.reshape(-1) / len(found.nodes)


def negative(found: Quadrature, *, below: float = -1e-3) -> Negative:
  """Estimates what `hessian.negative` counts and sums."""
  if not below <= 0:
    raise ValueError(f'below is {below}; accepted is <= 0')
  share = np.where(found.nodes < below, found.weights, 0) / len(found.nodes)
  return Negative(
    float(found.size * share.sum()),
    float(found.size * (share * found.nodes).sum()),
  )


def extremes(
  loss: BatchLoss,
  params: Params,
  masks: Masks,
  batches: Iterable[PyTree],
  *,
  key: jax.Array,
  num: int = 1,
  tolerance: float = 1e-4,
) -> Extremes:
  """Computes the extreme eigenvalues of the Hessian over active weights.

  Args:
    loss: `(params, batch) -> scalar`, the mean over the batch.
    params: where the Hessian is taken; masked entries count as 0.
    masks: masks of the structure of `params`; `None` leaves are exempt.
    batches: what `loss` takes; each counts by the length of its leading axis.
    key: draws the starting vector.
    num: eigenvalues at each end, >= 1; fewer than half of the active weights.
    tolerance: relative to each eigenvalue; products are in float32.

  Raises:
    ValueError: masks that do not fit, nothing active, no batch, or a `num`
      that does not fit.
    scipy.sparse.linalg.ArpackNoConvergence: with those that converged.
  """
  from scipy.sparse.linalg import LinearOperator, eigsh

  op = operator(loss, params, masks, batches)
  if not 1 <= num < op.size / 2:
    raise ValueError(
      f'num is {num}; accepted is >= 1 and fewer than half of the'
      f' {op.size} active weights. analysis.hessian gives all of them'
    )
  eigenvalues = eigsh(
    LinearOperator(
      (op.size, op.size),
      lambda vector: multiply(op, vector.reshape(1, -1))[0],
      dtype=np.float64,
    ),
    k=2 * num,
    which='BE',
    v0=np.float64(jax.random.normal(key, (op.size,), jnp.float32)),
    tol=tolerance,
    return_eigenvectors=False,
  )
  return Extremes(*np.split(np.sort(eigenvalues), 2))


def _gauss_rule(
  op: Operator, start: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
  """Returns nodes and weights [steps] of the quadrature from `start` [n]."""
  diagonal, beside = _tridiagonal(op, start / np.linalg.norm(start), steps)
  small = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
  nodes, vectors = np.linalg.eigh(small)
  missing = (0, steps - len(nodes))
  return np.pad(nodes, missing, 'edge'), np.pad(vectors[0] ** 2, missing)


def _tridiagonal(
  op: Operator, vector: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
  """Runs Lanczos, fully orthogonalised: the diagonal and the one beside it.

  Shorter than `steps` if the vectors reached an invariant subspace before.
  """
  basis = np.zeros((steps, op.size))
  diagonal, beside = np.zeros(steps), np.zeros(steps)
  for step in range(steps):
    basis[step] = vector
    vector = multiply(op, vector[None])[0]
    scale = np.linalg.norm(vector)
    diagonal[step] = basis[step] @ vector
    for _ in range(2):  # one pass leaves rounding errors of large ones
      vector -= basis[: step + 1].T @ (basis[: step + 1] @ vector)
    beside[step] = np.linalg.norm(vector)
    if beside[step] <= 1e-12 * scale:
      break
    vector /= beside[step]
  return diagonal[: step + 1], beside[:step]
