"""SRigL: RigL with as many inputs for every unit, or none at all."""

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import fans, paths, prng, registry, schedules
from jaxsparse.core.drop_grow import carry_over, dropped_count
from jaxsparse.core.masks import map_masks_with_path, shard_like
from jaxsparse.core.rows import by_unit, fill, from_units
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import (
  Counts,
  MaskState,
  MaskUpdater,
  Params,
  Path,
  PyTree,
  Scalar,
)
from jaxsparse.updaters import _checks


def srigl(
  counts: Counts,
  *,
  saliency: Scalar = 0.3,
  keep_units: tuple[str, ...] = (),
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  axes: str | fans.Rule = 'flax',
  start_step: int = 0,
  stop_step: int,
) -> MaskUpdater:
  """SRigL, constant fan-in with neuron ablation (Lasby et al. 2024, ICLR).

  "Dynamic Sparse Training with Structured Sparsity", section 3. At the start
  each unit of a layer has as many inputs, at random places. On a mask step t,
  of a layer with n active weights, whose living units have k inputs each,

  1. K = floor(f(t) n) weights are to go and to come. Salient are the n - K of
     largest |w| and, of all others, the K of largest |dL/d(w m)|.
  2. A unit with fewer than max(1, saliency k) salient weights is ablated: it
     loses all its inputs, for good.
  3. The K active weights of smallest |w| in the layer are dropped.
  4. Each unit that is left grows its inputs of largest |dL/d(w m)| until all
     have k' = ceil(n / units left). Grown weights start at 0.

  No optimiser step is made on a mask step.

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    saliency: gamma, in [0, 1]; may be traced. At 0 only a unit that nothing
      speaks for is ablated.
    keep_units: paths or patterns of leaves in which no unit is ablated, the
      last layer's say, whose units are the classes.
    drop_fraction: alpha, the fraction of active weights dropped at
      `start_step`, in [0, 1]; may be traced.
    drop_schedule: decay of the drop fraction: a name in `schedules.DECAYS` or
      a function of progress in [0, 1].
    axes: which axes of a leaf are inputs and outputs: `flax`, `equinox`, a
      dotted path or a rule of one's own.
    start_step: the first mask step.
    stop_step: mask steps end before it, and the decay at it.

  Raises:
    ValueError: an argument is out of range, no decay or rule has that name, or
      a pattern fits no leaf. From `init`: `axes` does not fit one.

  **Deviations**: the number of active weights is the layer's count, exactly,
  not fan-in times units, which it need not be a multiple of: no unit has more
  than k' inputs, and fewer than one a unit are missing in all (a packed layout
  is padded by as many). So many units are left that they can hold the count.
  A unit that had no input at the start is dead as if ablated.
  """
  _checks.check_fraction('saliency', saliency)
  _checks.check_fraction('drop_fraction', drop_fraction)
  _checks.check_steps(start_step, stop_step)
  decay = schedules.decay(drop_schedule)
  rule = registry.resolve(axes, 'jaxsparse.core.fans')
  leaves = paths.flatten(counts)
  for pattern in keep_units:
    paths.matching(leaves, pattern, what='masked leaves', where='keep_units')

  def init(
    params: Params, *, key: Array, probe: PyTree | None = None
  ) -> MaskState:
    del probe
    _checks.check_counts(params, counts)

    def one(path: Path, param: Array, count: int | Array, leaf_key: Array):
      found = fans.find(rule, path, param.shape)
      drawn = jax.random.uniform(leaf_key, param.shape)
      rows = by_unit(drawn, found)
      filled = fill(
        jnp.zeros(rows.shape, bool),
        rows,
        jnp.asarray(count, jnp.int32),
        jnp.ones(len(rows), bool),
      )
      mask = from_units(filled, param.shape, found)
      return shard_like(param, mask)

    keys = prng.leaf_keys(key, params)
    return MaskState(map_masks_with_path(one, params, counts, keys))

  def update(
    grads: PyTree,
    state: MaskState,
    params: Params,
    *,
    step: int | Array,
    key: Array,
  ) -> tuple[Params, MaskState]:
    del key
    done = schedules.progress(step, start_step, stop_step)
    fraction = drop_fraction * decay(done)

    def one(path: Path, param: Array, mask: Array, grad: Array) -> Array:
      found = fans.find(rule, path, param.shape)
      spared = any(paths.matches(path, pattern) for pattern in keep_units)
      rows = _rewired(
        by_unit(jnp.abs(param), found),
        by_unit(mask, found),
        by_unit(jnp.abs(grad), found),
        fraction,
        None if spared else saliency,
      )
      new = from_units(rows, param.shape, found)
      return shard_like(param, new)

    new = map_masks_with_path(one, params, state.masks, grads)
    return carry_over(params, state.masks, new), state._replace(masks=new)

  return MaskUpdater(
    init=init,
    update=update,
    dense_batches=1,
    times=schedules.times_of(decay, start_step, stop_step),
  )


def _rewired(
  weights: Array,
  mask: Array,
  grads: Array,
  fraction: Array,
  saliency: Scalar | None,
) -> Array:
  """The new mask of one layer; all are `[units, fan-in]`, sizes not signed."""
  count = jnp.sum(mask, dtype=jnp.int32)
  dropped = dropped_count(count, fraction)
  kept = topk_mask(weights, count - dropped, where=mask)
  stay = jnp.any(mask, axis=1)
  if saliency is not None:
    salient = kept | topk_mask(grads, dropped, where=~kept)
    stay = _left(stay, salient, count, saliency)
  return fill(kept & stay[:, None], grads, count, stay)


def _left(
  alive: Array, salient: Array, count: Array, saliency: Scalar
) -> Array:
  """The units that are not ablated, bool `[units]`."""
  speaking = jnp.sum(salient, axis=1, dtype=jnp.float32)
  living = jnp.maximum(jnp.sum(alive, dtype=jnp.int32), 1)
  fan_in = (count + living - 1) // living
  needed = jnp.maximum(saliency * fan_in.astype(jnp.float32), 1.0)
  enough = jnp.sum(alive & (speaking >= needed), dtype=jnp.int32)
  least = (count + salient.shape[1] - 1) // salient.shape[1]
  # Those with enough speak for themselves the most: they come first.
  return topk_mask(speaking, jnp.maximum(enough, least), where=alive)
