"""RigL-SM: RigL that moves weights between layers, by their momenta."""

from typing import NamedTuple

import jax.numpy as jnp

from jaxsparse.core import schedules
from jaxsparse.core.criteria.gradient import gradient
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import Counts, MaskUpdater, PyTree, Scalar
from jaxsparse.updaters import _checks, _memory
from jaxsparse.updaters.growth.drop_and_grow import (
  between_layers,
  drop_and_grow,
)
from jaxsparse.updaters.growth.options import drops_and_grows


class RigLSMState(NamedTuple):
  """The momentum of active weights, 0 elsewhere; `None` where exempt."""

  trace: PyTree


@drops_and_grows
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

  **Use it** to let RigL move weights between layers, by the size of their
  momenta.

  >>> updater = js.rigl_sm(counts, stop_step=750)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

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
  updater = drop_and_grow(
    counts,
    drop=magnitude,
    grow=gradient,
    move=between_layers(lambda _, state: state.inner.trace),
    drop_fraction=drop_fraction,
    drop_schedule=drop_schedule,
    sampler=sampler,
    start_step=start_step,
    stop_step=stop_step,
    step_on_update=False,
    dense_batches=1,
  )

  def change(grad, mask, trace, step):
    moved = jnp.asarray(momentum, trace.dtype) * trace
    return jnp.where(mask, moved + grad, 0)

  return _memory.with_statistic(updater, counts, RigLSMState, change)
