"""Units that a mask cuts off.

A ReLU unit without active inputs outputs relu(bias) whatever comes in, and at
bias 0 gets no gradient: under a fixed mask it never learns, and growth by
gradient does not revive it. A unit without active outputs gets no gradient
either. Units are counted leaf by leaf: one whose inputs all come from dead
units is not counted.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import fans, paths
from jaxsparse.core.types import Masks, Path, PyTree


class DeadUnits(NamedTuple):
  """Dead units of one kernel.

  Attributes:
    inputs: input units without active outputs; int32 scalar.
    outputs: output units without active inputs; int32 scalar.
  """

  inputs: Array
  outputs: Array


def dead_units(masks: Masks, *, axes: fans.Rule = fans.by_name) -> PyTree:
  """Counts the dead units of each masked leaf.

  Args:
    masks: bool leaves, `None` where exempt.
    axes: input and output axes of each leaf, by its name unless a rule is
      passed. Where groups are not known, an input unit is a position within
      its group.

  Returns:
    A `DeadUnits` in place of each mask; `None` where exempt.

  Raises:
    ValueError: `axes` does not fit a leaf.
  """

  def one(path: Path, mask: Array) -> DeadUnits:
    unit_axes = fans.find(axes, path, mask.shape)
    per_unit = 1
    if unit_axes.groups > 1:  # fan_out repeats a group's count at each output.
      per_unit = mask.shape[unit_axes.out_axes[0]] // unit_axes.groups
    unused = jnp.sum(fans.fan_out(mask, unit_axes) == 0, dtype=jnp.int32)
    return DeadUnits(
      unused // per_unit,
      jnp.sum(fans.fan_in(mask, unit_axes) == 0, dtype=jnp.int32),
    )

  return paths.map_with_path(one, masks)
