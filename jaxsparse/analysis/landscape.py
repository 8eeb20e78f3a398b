"""The loss along the line between two solutions, and its barrier.

Evci et al. 2022, "Gradient Flow in Sparse Neural Networks and How Lottery
Tickets Win": a ticket ends where no barrier parts it from the pruned network
that its mask is from, a network trained from scratch in that mask behind one.

On a model of your own:

>>> import jax.numpy as jnp
>>> from jaxsparse.analysis import landscape
>>> from jaxsparse.analysis.solutions import Solution
>>> def measure(params, model_state, batch):
...   return {'loss': jnp.mean((params['w'] ** 2 - batch) ** 2)}
>>> left, right = (Solution({'w': jnp.array([w])}) for w in (-1.0, 1.0))
>>> found = landscape.line(measure, left, right, [jnp.ones(8)])
>>> landscape.barrier(found.alphas, found.values['loss'])
Barrier(above_line=1.0, above_ends=1.0, at=0.5, rise=1.0, above_mean=1.0)
"""

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.analysis.products import check_batches, examples
from jaxsparse.analysis.solutions import (
  Solution,
  check_alike,
  check_same_masks,
  masked_params,
)
from jaxsparse.core.align import map_aligned
from jaxsparse.core.types import Params, PyTree

Measure = Callable[[Params, PyTree, PyTree], Mapping[str, jax.Array]]

# Those of Evci et al. 2022: 29 points, 0.05 apart.
ALPHAS = tuple(round(-0.2 + 0.05 * i, 2) for i in range(29))

# np.linspace(-0.2, 1.2, 29) has -2.8e-17 for 0, and float32 is off by 6e-8.
_ROUNDING = 1e-6


class Line(NamedTuple):
  """Measurements along a line.

  Attributes:
    alphas: [p]; 0 is the start, 1 the end.
    values: [p] of each quantity, float64.
  """

  alphas: np.ndarray
  values: dict[str, np.ndarray]


class Barrier(NamedTuple):
  """The highest point between two solutions, measured in several ways.

  Attributes:
    above_line: the largest excess over the straight line between the values
      of the ends (the barrier of Entezari et al. 2022).
    above_ends: the excess of the highest value over the worse end: the climb
      between two minima of Draxler et al. 2018. 0 where no point
      between is above both ends.
    at: the alpha of `above_line`; 0 where nothing is above the line.
    rise: `above_ends` of the points strictly between the ends: below 0 where
      the way leads down at once, so that seeds without a barrier differ in it;
      NaN if there are no such points.
    above_mean: the excess of the highest value, that of an end or between them,
      over the mean of the ends: of the error, the instability of Frankle et al.
      2020. It is `above_line` where the ends are equal.
  """

  above_line: float
  above_ends: float
  at: float
  rise: float
  above_mean: float


def line(
  measure: Measure,
  start: Solution,
  end: Solution,
  batches: Sequence[PyTree],
  *,
  alphas: Sequence[float] = ALPHAS,
  recompute: Callable[[Params, PyTree], PyTree] | None = None,
  same_masks: bool = True,
) -> Line:
  """Measures (1 - alpha) start + alpha end for each alpha.

  Args:
    measure: `(params, model_state, batch) -> {name: scalar}`, means over the
      batch: loss, error or others. Compiled once for each function.
    start: the solution at alpha 0; masked entries count as 0.
    end: the solution at alpha 1.
    batches: read once for each alpha, so no iterator; each counts by the
      length of its leading axis.
    alphas: any number, finite; below 0 and above 1 extrapolate.
    recompute: `(params, model_state) -> model_state`, called at each alpha, as
      for the statistics of BatchNorm on training batches. By default the
      interpolated state is used as it is; leaves of it that are not floating
      point are those of the start.
    same_masks: refuse solutions whose masks differ. The line between those
      leaves both masks, so that its points are no sparse networks.

  Raises:
    TypeError: `batches` is an iterator.
    ValueError: no batch, one batch in place of several, no or not finite
      alphas, solutions of different models, masks that do not fit or that
      differ.
  """
  check_alike(start, end)
  if same_masks:
    check_same_masks(start, end)
  ends = [(masked_params(s), s.model_state) for s in (start, end)]
  return along(
    measure,
    lambda alpha: between(*ends, jnp.float32(alpha)),
    batches,
    alphas=alphas,
    recompute=recompute,
  )


def along(
  measure: Measure,
  at: Callable[[float], tuple[Params, PyTree]],
  batches: Sequence[PyTree],
  *,
  alphas: Sequence[float],
  recompute: Callable[[Params, PyTree], PyTree] | None = None,
) -> Line:
  """Measures any way through weight space at each of `alphas`.

  Args:
    measure: as for `line`.
    at: alpha -> params and model state.
    batches: as for `line`.
    alphas: likewise.
    recompute: likewise.

  Raises:
    TypeError: `batches` is an iterator.
    ValueError: no batch, one batch in place of several, or no or not finite
      alphas.
  """
  _check_places(batches, alphas)
  _check_batches(measure, *at(alphas[0]), batches)
  counts = np.array([examples(batch) for batch in batches], np.float64)
  values: dict[str, list[float]] = {}
  for alpha in alphas:
    params, state = at(alpha)
    state = recompute(params, state) if recompute else state
    measured = [_measured(measure, params, state, batch) for batch in batches]
    for name in measured[0]:
      per_batch = [float(m[name]) for m in measured]
      values.setdefault(name, []).append(np.average(per_batch, weights=counts))
  return Line(
    np.asarray(alphas, np.float64),
    {name: np.asarray(value) for name, value in values.items()},
  )


def barrier(alphas: np.ndarray, values: np.ndarray) -> Barrier:
  """Returns the barrier of one measured quantity over alpha in [0, 1].

  Args:
    alphas: [p], any order; must hold 0 and 1, but for rounding (1e-6).
    values: [p]; a NaN in [0, 1] gives NaN.

  Raises:
    ValueError: shapes differ, or 0 or 1 is missing.
  """
  alphas, values = np.asarray(alphas, np.float64), np.asarray(values)
  if alphas.shape != values.shape or alphas.ndim != 1:
    raise ValueError(
      f'alphas and values have shapes {alphas.shape} and {values.shape};'
      ' accepted are two vectors of one length'
    )
  for end in (0, 1):
    alphas = np.where(np.abs(alphas - end) < _ROUNDING, end, alphas)
  first, last = (_value_at(alphas, values, at) for at in (0, 1))
  inside = (alphas >= 0) & (alphas <= 1)
  a, v = alphas[inside], values[inside]
  above = v - ((1 - a) * first + a * last)
  highest = np.argmax(above)
  between = v[(a > 0) & (a < 1)]
  return Barrier(
    float(above[highest]),
    float(np.max(v) - max(first, last)),
    float(a[highest]),
    float(np.max(between) - max(first, last)) if between.size else math.nan,
    float(np.max(v) - (first + last) / 2),
  )


def _check_places(batches: Sequence[PyTree], alphas: Sequence[float]) -> None:
  if isinstance(batches, Iterator):
    raise TypeError('batches is an iterator; accepted is a sequence')
  if not len(batches):
    raise ValueError('batches: none; accepted is one or more')
  if not len(alphas) or not np.isfinite(alphas).all():
    raise ValueError(f'alphas are {alphas}; accepted are finite numbers')


def _check_batches(
  measure: Measure, params: Params, state: PyTree, batches: Sequence[PyTree]
) -> None:
  def loss(params: Params, batch: PyTree) -> PyTree:
    # The program itself, which is then not traced twice.
    return _measured(measure, params, state, batch)

  check_batches(loss, params, batches[0], batches)


def _value_at(alphas: np.ndarray, values: np.ndarray, at: int) -> float:
  indices = np.flatnonzero(alphas == at)
  if not len(indices):
    raise ValueError(f'alphas {alphas} lack {at}: a barrier needs 0 and 1')
  return values[indices[0]]


@jax.jit
def between(start: PyTree, end: PyTree, alpha: jax.Array) -> PyTree:
  """Returns (1 - alpha) start + alpha end; of non-floats those of the start."""

  def one(a, b):
    if not jnp.issubdtype(a.dtype, jnp.floating):
      return a
    part = alpha.astype(jnp.promote_types(a.dtype, jnp.float32))
    mixed = (1 - part) * a.astype(part.dtype) + part * b.astype(part.dtype)
    return mixed.astype(a.dtype)

  return map_aligned(one, start, end)


@functools.partial(jax.jit, static_argnames='measure')
def _measured(
  measure: Measure, params: Params, state: PyTree, batch: PyTree
) -> dict[str, jax.Array]:
  return dict(measure(params, state, batch))
