"""How a check fails: by a sentence, with or without pytest."""

import jax
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.types import PyTree


def require(holds: bool | np.bool, broken: str) -> None:
  """Raises `AssertionError` with the sentence `broken`, unless it holds."""
  if not holds:
    raise AssertionError(broken)


def require_equal(
  got: PyTree,
  promised: PyTree,
  promise: str,
  *,
  rtol: float = 0.0,
  atol: float = 0.0,
) -> None:
  """Compares two trees by path, on the host.

  Args:
    got: a tree of arrays.
    promised: likewise.
    promise: the start of the sentence: what was compared, and when.
    rtol: relative tolerance; at 0, with `atol` 0, all values are equal.
    atol: absolute tolerance.

  Raises:
    AssertionError: they differ; names the first leaf and place.
  """
  one, other = (paths.flatten(jax.device_get(t)) for t in (got, promised))
  require(
    one.keys() == other.keys(),
    f'{promise}: got the leaves {list(one)}, promised are {list(other)}',
  )
  for path, expected in other.items():
    value = np.asarray(one[path])
    require(
      value.shape == np.shape(expected),
      f'{promise}: {path!r} has shape {value.shape}, promised is'
      f' {np.shape(expected)}',
    )
    differ = ~np.isclose(value, expected, rtol, atol, equal_nan=True)
    if np.any(differ):
      at = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(differ)))
      values = (np.atleast_1d(x)[at] for x in (value, expected))
      raise AssertionError(
        '{}: {!r} is {} at {}, promised is {}; {} of {} values differ'.format(
          *(promise, path, next(values), at, next(values)),
          *(np.count_nonzero(differ), np.size(differ)),
        )
      )
