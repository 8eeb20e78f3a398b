"""Checks of a builder's arguments; traced values are taken as they are."""

import math
import operator
from typing import Any

import jax

from jaxsparse.core import masks, paths, schedules
from jaxsparse.core.types import Counts, Params


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
  """Raises unless 0 <= start_step <= stop_step.

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
  """Raises where `counts` are not active weights of the leaves of `params`.

  Args:
    params: the parameters.
    counts: active weights of each leaf.
    together: whether the method counts those of all leaves together.

  Raises:
    ValueError: a count has no parameter, or is not in [0, size]; or there are
      more weights than an int32 counts.
    TypeError: a count is not an integer.
  """
  leaves = paths.flatten(params)
  for path, count in paths.flatten(counts).items():
    if path not in leaves:
      raise ValueError(
        f'count {path!r} has no parameter.{paths.nearest(path, leaves)}'
      )
    if isinstance(count, jax.core.Tracer):
      continue
    size = math.prod(paths.leaf_shape(leaves[path]))
    if not 0 <= operator.index(count) <= size:
      raise ValueError(
        f'count of {path!r} is {count}; its shape'
        f' {paths.leaf_shape(leaves[path])} takes 0 to {size} active weights'
      )
  shapes = {p: paths.leaf_shape(leaves[p]) for p in paths.flatten(counts)}
  masks.check_sizes(shapes, together=together)
