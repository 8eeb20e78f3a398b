"""How wide a network may be: the baselines Small-Dense and Big-Sparse.

Evci et al. 2020, "Rigging the Lottery": a sparse net is compared with a dense
one that is narrower, and a sparse one that is wider with the dense net, each
pair of one size. Their size is that of a file in which an active weight has 32
bits and each position of a sparse layer one more
(`analysis.flops.bitmask_bytes`).

Sizes are read from shapes alone, so nothing is computed:

>>> import jax, jax.numpy as jnp
>>> from jaxsparse.analysis import widths
>>> def init(units):
...   return {'in': jnp.ones((784, units)), 'out': jnp.ones((units, 10))}
>>> def size(width):
...   params = jax.eval_shape(lambda: init(int(300 * width)))
...   return widths.parameters(params)
>>> widths.widest(size, 50_000, digits=2)
Fit(width=0.2, size=47640)
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from jaxsparse.analysis.flops.inference import active_weights
from jaxsparse.core.masks import map_masks_with_path
from jaxsparse.core.types import Counts, Masks, Params

# A size that a thousandfold width leaves within the budget does not grow.
_MOST = 1024


class Fit(NamedTuple):
  """A net that is within its budget.

  Attributes:
    width: of the net.
    size: of the net, in the unit that was counted.
  """

  width: float
  size: int


def widest(
  size: Callable[[float], int], budget: int, *, digits: int = 3
) -> Fit:
  """Finds the widest net whose size is within a budget.

  By bisection over the widths that have so many digits after the point. Layers
  round their channels, so a range of widths makes one net: its upper end is
  returned.

  Args:
    size: width -> bytes, weights or another count, an exact integer that never
      falls as the width grows. Called once a width, some 12 of them.
    budget: the largest size that is accepted.
    digits: of the width, after the point.

  Raises:
    ValueError: the narrowest net is over the budget, or the size does not grow
      with the width.
  """
  if digits < 0:
    raise ValueError(f'digits is {digits}; accepted is 0 or more')
  unit = 10**digits
  at = functools.cache(lambda units: size(units / unit))
  within, over = 0, unit
  while at(over) <= budget:
    within, over = over, 2 * over
    if over > _MOST * unit:
      raise ValueError(
        f'the net of width {within / unit:g} has a size of {at(within):,},'
        f' within the budget of {budget:,}: it does not grow with its width'
      )
  while over - within > 1:
    middle = (within + over) // 2
    within, over = (middle, over) if at(middle) <= budget else (within, middle)
  if not within:
    raise ValueError(
      f'no net is within the budget of {budget:,}: that of width {1 / unit:g}'
      f' has a size of {at(1):,}'
    )
  return Fit(within / unit, at(within))


def parameters(params: Params, counts: Counts | Masks | None = None) -> int:
  """Counts the parameters of a sparse net: active weights and dense leaves.

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    counts: active weights of each leaf, or its mask, `None` where it is dense;
      without any the net is dense.

  Raises:
    ValueError: counts or masks that do not fit.
  """
  if counts is None:
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params))

  def dense(leaf: Any) -> int:
    return math.prod(leaf.shape)

  counted = map_masks_with_path(
    lambda *leaf: int(active_weights(*leaf)), params, counts, exempt=dense
  )
  return sum(jax.tree.leaves(counted))
