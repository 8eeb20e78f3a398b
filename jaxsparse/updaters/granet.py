"""GraNet: gradual pruning, with connections regenerated as it goes."""

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import registry, schedules
from jaxsparse.core.criteria.gradient import gradient
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.drop_grow import carry_over, drop_and_grow
from jaxsparse.core.masks import map_masks
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import (
  Counts,
  Facts,
  MaskState,
  MaskUpdater,
  Params,
  Scalar,
  Times,
)
from jaxsparse.updaters import _checks, _decay, _prune


def granet(
  counts: Counts,
  *,
  initial_fraction: Scalar = 0.0,
  drop_fraction: Scalar = 0.5,
  drop_schedule: str | schedules.Decay = 'cosine',
  sampler: str | Sampler = 'uniform',
  start_step: int = 0,
  stop_step: int,
  update_interval: int,
) -> MaskUpdater:
  """Builds GraNet (Liu et al. 2021, NeurIPS).

  "Sparse Training via Boosting Pruning Plasticity with Neuroregeneration". On
  the mask step t, after the optimiser's step, each layer

  1. keeps the weights of largest |w| and has z + floor((Z - z) s_t) zeros, Z
     at the end and z at the start (gradual pruning),

       s_t = 1 - (1 - (t - start_step) / (last - start_step))^3;

  2. drops the fraction f(t) of those n that is smallest in magnitude and grows
     as many of largest |dL/d(w m)| among all that were not kept (zero-cost
     neuroregeneration): the rule of RigL. Grown weights start at 0, with new
     optimiser statistics, those that 1 pruned included. A weight that 2 itself
     dropped and grows is left alone.

  Z is met exactly, at `last`, the last mask step.

  **Use it** to prune step by step and grow by gradient as well, at a cost
  between the two.

  >>> times = {'start_step': 0, 'stop_step': 750, 'update_interval': 10}
  >>> updater = js.granet(counts, **times)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf at the end, ints or traced int32;
      `None` where a leaf is exempt.
    initial_fraction: z = floor(initial_fraction Z), drawn at random: 0 is
      dense-to-sparse; 0.5 / 0.98, say, starts on a way to 98 % from 50 %, with
      the layers' densities between. In [0, 1]; may be traced.
    drop_fraction: f at `start_step`, in [0, 1]; may be traced.
    drop_schedule: decay of the drop fraction: a name in `schedules.DECAYS` or
      a function of progress in [0, 1].
    sampler: draws the first masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.
    start_step: the first mask step.
    stop_step: mask steps end before it, and the decay at it.
    update_interval: steps between mask steps.

  Raises:
    ValueError: an argument is out of range, no decay or sampler has that
      name, or there is no mask step, or over 65,536.
    TypeError: a step is not a host integer.

  **Deviations**: layers are pruned by themselves, to their counts (the
  authors' `GraNet_uniform`); the paper prunes by one threshold over all. Their
  f(t) ends at 0.005 rather than 0, and goes on after the pruning has ended.
  Pruned weights are stored as 0.
  """
  _checks.check_fraction('initial_fraction', initial_fraction)
  fraction, _ = _decay.schedule(
    drop_fraction, drop_schedule, start_step, stop_step
  )
  intervals = _prune.intervals(start_step, stop_step, update_interval)
  draw = registry.resolve(sampler, 'jaxsparse.core.samplers')

  def zeros_at(param: Array, count: int | Array, step: int | Array) -> Array:
    done = (step - start_step) // update_interval
    end = jnp.asarray(param.size - count, jnp.int32)
    initial = jnp.floor(jnp.float32(initial_fraction) * end.astype(jnp.float32))
    start = jnp.minimum(initial.astype(jnp.int32), end)
    return start + schedules.cubic_zeros(end - start, done, intervals)

  def scheduled(params: Params, step: int | Array) -> Counts:
    return map_masks(lambda p, n: p.size - zeros_at(p, n, step), params, counts)

  def init(params, *, key, probe=None):
    _checks.check_counts(params, counts)
    return MaskState(draw(params, scheduled(params, -1), key=key))

  def pruned(grads, state, params, *, step, key):
    now = scheduled(params, step)
    return _prune.keep_largest(now, grads, state, params, key=key)[1].masks

  def update(grads, state, params, *, step, key):
    unpruned = pruned(grads, state, params, step=step, key=key)
    new = drop_and_grow(
      unpruned,
      magnitude(params, grads, key=key),
      gradient(params, grads, key=key),
      fraction(step),
    )
    return carry_over(params, unpruned, new), state._replace(masks=new)

  return MaskUpdater(
    init=init,
    update=update,
    pruned=pruned,
    facts=Facts(
      invariant='scheduled',
      times=Times(start_step, stop_step, update_interval),
      step_on_update=True,
      masks_only=True,
      dense_batches=1,
      scheduled=scheduled,
    ),
  )
