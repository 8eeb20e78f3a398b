"""Checks of a builder's arguments; traced values are taken as they are."""

import math
import operator
from collections.abc import Mapping, MutableMapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import choices, masks, paths, schedules
from jaxsparse.core.align import with_none
from jaxsparse.core.types import Counts, Params, Path, PyTree


def check_fraction(name: str, value: Any, *, below_one: bool = False) -> None:
  """Raises `ValueError` where `value` is not in [0, 1], or not in [0, 1)."""
  if isinstance(value, jax.core.Tracer):
    return
  if not 0 <= float(value) <= 1 or (below_one and float(value) == 1):
    accepted = '[0, 1)' if below_one else '[0, 1]'
    raise ValueError(f'{name} is {value!r}; accepted is a number in {accepted}')


def check_not_negative(name: str, value: Any) -> None:
  """Raises `ValueError` where `value` is below 0 or not finite."""
  if isinstance(value, jax.core.Tracer):
    return
  if not 0 <= float(value) < math.inf:
    raise ValueError(f'{name} is {value!r}; accepted is a number from 0 on')


def check_steps(start_step: Any, stop_step: Any) -> None:
  """Checks that 0 <= start_step <= stop_step.

  Raises:
    TypeError: a step is no integer of the host, nor traced.
    ValueError: a step is negative, or they are in the wrong order.
  """
  steps = {'start_step': start_step, 'stop_step': stop_step}
  on_host = {
    name: schedules.host_step(name, step)
    for name, step in steps.items()
    if not isinstance(step, jax.core.Tracer)
  }
  if len(on_host) == len(steps) and start_step > stop_step:
    raise ValueError(
      f'start_step is {start_step!r} and stop_step {stop_step!r}; accepted is'
      ' 0 <= start_step <= stop_step'
    )


def check_counts(
  params: Params, counts: Counts, *, together: bool = False
) -> None:
  """Checks that `counts` are active weights of the leaves of `params`.

  Args:
    params: the parameters.
    counts: active weights of each leaf.
    together: whether the method counts those of all leaves together.

  Raises:
    ValueError: a count has no parameter or a parameter no count, one is not in
      [0, size], only one of the two trees is a FrozenDict, or there are more
      weights than an int32 counts.
    TypeError: a count is not an integer.
  """
  if _is_frozen(params) != _is_frozen(counts):
    raise ValueError(
      f'counts are a {type(counts).__name__}, params a'
      f' {type(params).__name__}; accepted are counts made of these params,'
      ' or one of the two through flax.core.freeze or unfreeze'
    )
  leaves, by_path = paths.flatten(params), with_none(counts)
  for path, count in by_path.items():
    if count is not None:
      _check_count(path, count, leaves)
  for path in leaves:
    if path not in by_path:
      raise ValueError(
        f'counts have nothing at {path!r}; accepted is an integer for each leaf'
        ' of params, or None where it has no mask'
      )
  shapes = {p: paths.leaf_shape(leaves[p]) for p in paths.flatten(counts)}
  masks.check_sizes(shapes, together=together)


def _is_frozen(tree: PyTree) -> bool:
  """Returns whether `tree` is an immutable mapping: Flax's FrozenDict."""
  return isinstance(tree, Mapping) and not isinstance(tree, MutableMapping)


def _check_count(path: Path, count: Any, leaves: dict[Path, Any]) -> None:
  if path not in leaves:
    raise ValueError(
      f'count {path!r} has no parameter.{choices.nearest(path, leaves)}'
    )
  shape = paths.leaf_shape(leaves[path])
  size = math.prod(shape)
  dtype = getattr(count, 'dtype', type(count))
  if np.ndim(count) or not jnp.issubdtype(dtype, jnp.integer):
    value = f'of shape {np.shape(count)}' if np.ndim(count) else repr(count)
    raise TypeError(
      f'count of {path!r} is {value} ({getattr(dtype, "__name__", dtype)});'
      f' accepted is an integer from 0 to {size}'
    )
  if isinstance(count, jax.core.Tracer):
    return
  if not 0 <= operator.index(count) <= size:
    raise ValueError(
      f'count of {path!r} is {count}; its shape {shape} takes 0 to {size}'
      ' active weights'
    )
