"""SRigL: RigL with equal fan-in for every unit, or none at all."""

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import fans, paths, registry, schedules, structures
from jaxsparse.core.drop_grow import carry_over, dropped_count
from jaxsparse.core.masks import map_masks_with_path, shard_like
from jaxsparse.core.rows import by_unit, fill, from_units, topk_of_rows
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import (
  Counts,
  Facts,
  MaskState,
  MaskUpdater,
  Path,
  Scalar,
)
from jaxsparse.updaters import _checks, _decay, _structured


def srigl(
  counts: Counts,
  *,
  saliency: Scalar = 0.3,
  keep_units: tuple[str, ...] = (),
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  axes: str | fans.Rule = 'by_name',
  start_step: int = 0,
  stop_step: int,
) -> MaskUpdater:
  """Builds SRigL: constant fan-in, neuron ablation (Lasby et al. 2024, ICLR).

  "Dynamic Sparse Training with Structured Sparsity", section 3. At the start
  all units of a layer have the same number of random inputs. On a mask step t,
  of a layer with n active weights, whose living units have k inputs each,

  1. K = floor(f(t) n) weights are to be dropped and grown. Salient are the
     n - K of largest |w| and, of all others, the K of largest |dL/d(w m)|;
     those of ablated units are among them.
  2. Units with max(1, saliency k) salient weights or more live, and have k' =
     ceil(n / living units) inputs each: all others are ablated and lose their
     inputs. An ablated unit with as many becomes active again.
  3. The K active weights of smallest |w| in the layer are dropped, and those
     beyond the k' largest of a unit (where units came back, k' < k).
  4. Each living unit grows its inputs of largest |dL/d(w m)| until it has k'.
     Grown weights start at 0.

  No optimiser step is made on a mask step.

  **Use it** where hardware gains from equally many inputs of each unit.

  >>> updater = js.srigl(counts, stop_step=750)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    saliency: gamma, in [0, 1]; may be traced. At 0 only a unit without salient
      weights is ablated.
    keep_units: paths or patterns of leaves in which no unit is ablated, the
      last layer's say, whose units are the classes.
    drop_fraction: alpha, the fraction of active weights dropped at
      `start_step`, in [0, 1]; may be traced.
    drop_schedule: decay of the drop fraction: a name in `schedules.DECAYS` or
      a function of progress in [0, 1].
    axes: which axes of a leaf are inputs and outputs: `by_name`, `flax`,
      `equinox` (see `core.fans`), a dotted path or a custom rule.
    start_step: the first mask step.
    stop_step: mask steps end before it, and the decay at it.

  Raises:
    ValueError: an argument is out of range, no decay or rule has that name, or
      a pattern fits no leaf. From `init`: `axes` does not fit one.

  **Deviations**: the number of active weights is the layer's count, exactly,
  not fan-in times units, which it need not be a multiple of: no unit has more
  than k' inputs, and fewer than one a unit are missing in all (a packed layout
  is padded by as many). So many units live that they can hold the count, those
  with most salient weights. A unit without inputs at the start is ablated.
  From the paper the authors' code differs in more: gradients of the n - K too
  are ranked, so that fewer weights are salient; k is that of a layer without
  ablated units, and saliency k is rounded down; weights of ablated units count
  among the K of 3; a unit with more than k' keeps those first in memory.
  """
  _checks.check_fraction('saliency', saliency)
  fraction, times = _decay.schedule(
    drop_fraction, drop_schedule, start_step, stop_step
  )
  rule = registry.resolve(axes, 'jaxsparse.core.fans')
  structure = structures.constant_fan_in(axes=rule)
  leaves = paths.flatten(counts)
  for pattern in keep_units:
    paths.matching(leaves, pattern, what='masked leaves', where='keep_units')

  def init(params, *, key, probe=None):
    _checks.check_counts(params, counts)
    return MaskState(_structured.random(structure, params, counts, key=key))

  def update(grads, state, params, *, step, key):
    def one(path: Path, param: Array, mask: Array, grad: Array) -> Array:
      unit_axes = fans.find(rule, path, param.shape)
      spared = any(paths.matches(path, pattern) for pattern in keep_units)
      rows = _rewired(
        by_unit(jnp.abs(param), unit_axes),
        by_unit(mask, unit_axes),
        by_unit(jnp.abs(grad), unit_axes),
        fraction(step),
        None if spared else saliency,
      )
      new = from_units(rows, param.shape, unit_axes)
      return shard_like(param, new)

    new = map_masks_with_path(one, params, state.masks, grads)
    return carry_over(params, state.masks, new), state._replace(masks=new)

  return MaskUpdater(
    init=init,
    update=update,
    facts=Facts(times=times, masks_only=True, dense_batches=1),
  )


def _rewired(
  weights: Array,
  mask: Array,
  grads: Array,
  fraction: Array,
  saliency: Scalar | None,
) -> Array:
  """Returns the new mask of one layer, from |w| and |g|; `[units, fan-in]`."""
  count = jnp.sum(mask, dtype=jnp.int32)
  dropped = dropped_count(count, fraction)
  remaining = topk_mask(weights, count - dropped, where=mask)
  living = jnp.ones(len(mask), bool)
  if saliency is not None:
    salient = remaining | topk_mask(grads, dropped, where=~remaining)
    fan_in = _fan_in(count, jnp.any(mask, axis=1))
    living = _living(salient, count, saliency, fan_in)
  remaining &= living[:, None]
  most = jnp.minimum(
    jnp.sum(remaining, axis=1, dtype=jnp.int32), _fan_in(count, living)
  )
  remaining = topk_of_rows(weights, most, remaining)
  return fill(remaining, grads, count, living)


def _fan_in(count: Array, living: Array) -> Array:
  """Returns the inputs per living unit, rounded up; an int32 scalar."""
  units = jnp.maximum(jnp.sum(living, dtype=jnp.int32), 1)
  return (count + units - 1) // units


def _living(
  salient: Array, count: Array, saliency: Scalar, fan_in: Array
) -> Array:
  """Selects the units that are not ablated, bool `[units]`."""
  weights = jnp.sum(salient, axis=1, dtype=jnp.float32)
  needed = jnp.float32(saliency) * fan_in.astype(jnp.float32)
  enough = jnp.sum(weights >= jnp.maximum(needed, 1.0), dtype=jnp.int32)
  least = (count + salient.shape[1] - 1) // salient.shape[1]
  # Those with enough have the most: they come first.
  return topk_mask(weights, jnp.maximum(enough, least))
