"""A full RigL update of LeNet-300-100 against one by argsorts."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.cases.topk import argsort_mask
from jaxsparse.benchmarks.harness import Comparison
from jaxsparse.core.drop_grow import drop_and_grow, dropped_count
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Masks, Scores
from jaxsparse.updaters.rigl import rigl

_FRACTION = 0.3


def update() -> list[Comparison]:
  """Compares drop and grow in all three layers at 98 % sparsity."""
  state = nets.setup(rigl, sparsity=0.98, stop_step=1000).fresh()
  masks = state.mask_state.masks
  magnitudes = jax.tree.map(jnp.abs, state.params)
  gradients = jax.tree.map(
    lambda p: nets.random_scores(p.shape, 'gradient'), state.params
  )

  def run(fn: Callable[..., Masks]) -> Callable[[], object]:
    compiled = jax.jit(fn)
    return lambda: jax.block_until_ready(
      compiled(masks, magnitudes, gradients, jnp.float32(_FRACTION))
    )

  return [
    Comparison(
      'RigL update of LeNet-300-100, against argsorts',
      run(argsort_update),
      run(drop_and_grow),
      run(lambda *args: drop_and_grow(*args)),
      aim=20,
      speedup=True,
    )
  ]


def argsort_update(
  masks: Masks, drop: Scores, grow: Scores, fraction: Array
) -> Masks:
  """Computes `drop_and_grow` with every selection by argsort."""

  def one(drop: Array, mask: Array, grow: Array) -> Array:
    active = jnp.sum(mask, dtype=jnp.int32)
    dropped = dropped_count(active, fraction)
    survivors = argsort_mask(jnp.where(mask, drop, -jnp.inf), active - dropped)
    return survivors | argsort_mask(
      jnp.where(survivors, -jnp.inf, grow), dropped
    )

  return map_masks(one, drop, masks, grow)
