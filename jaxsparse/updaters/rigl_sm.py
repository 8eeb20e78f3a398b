"""RigL-SM: RigL that moves weights between layers, by their momenta."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import schedules
from jaxsparse.core.criteria.gradient import gradient
from jaxsparse.core.masks import map_masks
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import (
  Counts,
  MaskState,
  MaskUpdater,
  Params,
  PyTree,
  Scalar,
)
from jaxsparse.updaters import _checks, _dynamic, _memory


class RigLSMState(NamedTuple):
  """The momentum of active weights, 0 elsewhere; `None` where exempt."""

  trace: PyTree


def rigl_sm(
  counts: Counts,
  *,
  momentum: Scalar = 0.9,
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  sampler: str | Sampler = 'uniform',
  start_step: int = 0,
  stop_step: int,
) -> MaskUpdater:
  """Builds RigL with redistribution by sparse momentum (RigL-SM).

  Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery", section 5.3. As
  `rigl_sg`, but that layer l grows a part in proportion to

    mean of |v| over its active weights, before anything is dropped,

  v <- momentum v + dL/d(w m) being the heavy-ball momentum of the active
  weights. A weight that becomes active starts with v = 0. The growth score
  is |dL/d(w m)|.

  Args:
    counts: active weights of each leaf at the start, ints or traced int32;
      `None` where a leaf is exempt.
    momentum: in [0, 1); set it to the optimiser's. May be traced.
    drop_fraction: alpha, the fraction of active weights dropped at
      `start_step`, in [0, 1]; may be traced.
    drop_schedule: decay of the drop fraction: a name in `schedules.DECAYS` or
      a function of progress in [0, 1].
    sampler: draws the first masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.
    start_step: the first mask step.
    stop_step: mask steps end before it, and the decay at it.

  Raises:
    ValueError: an argument is out of range, or no decay or sampler has that
      name.

  **Deviations** from the authors' code: those of `rigl_sg`, and v is a trace
  of its own, so that it is there with any optimiser. It takes the batch of a
  mask step in, which makes no step of theirs, and no weight decay.
  """
  _checks.check_fraction('momentum', momentum, below_one=True)
  updater = _dynamic.drop_and_grow_updater(
    counts,
    gradient,
    share=lambda grads, state: state.inner.trace,
    drop_fraction=drop_fraction,
    drop_schedule=drop_schedule,
    sampler=sampler,
    start_step=start_step,
    stop_step=stop_step,
    step_on_update=False,
  )

  def init(
    params: Params, *, key: Array, probe: PyTree | None = None
  ) -> MaskState:
    state = updater.init(params, key=key, probe=probe)
    return state._replace(inner=RigLSMState(_memory.zeros(params, counts)))

  def observe(
    grads: PyTree,
    state: MaskState,
    params: Params,
    *,
    step: int | Array,
    key: Array,
  ) -> MaskState:
    del params, step, key

    def add(grad: Array, mask: Array, trace: Array) -> Array:
      moved = jnp.asarray(momentum, trace.dtype) * trace
      return jnp.where(mask, moved + grad.astype(trace.dtype), 0)

    trace = map_masks(add, grads, state.masks, state.inner.trace)
    return state._replace(inner=RigLSMState(trace))

  return updater._replace(init=init, observe=observe)
