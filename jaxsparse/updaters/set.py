"""Sparse evolutionary training: drop by magnitude, grow at random."""

from jaxsparse.core import schedules
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.criteria.random import random
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import Counts, MaskUpdater, Scalar
from jaxsparse.updaters.growth.drop_and_grow import drop_and_grow
from jaxsparse.updaters.growth.options import drops_and_grows


@drops_and_grows
def set(
  counts: Counts,
  *,
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  sampler: str | Sampler = 'uniform',
  start_step: int = 0,
  stop_step: int,
) -> MaskUpdater:
  """Builds sparse evolutionary training (SET).

  Mocanu et al. 2018, Nature Communications. On a mask step each layer drops the
  fraction f(t) of its active weights that is smallest in magnitude, and grows
  as many, uniformly at random among all that were not kept. The optimiser steps
  first.

  **Use it** where no dense gradient is to be had; growth is at random.

  >>> updater = js.set(counts, drop_fraction=0.3, stop_step=750)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    drop_fraction: zeta, the fraction of active weights dropped at
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

  **Deviations**: as run by Evci et al. 2020, with the schedule of RigL. The
  original drops a constant 0.3 once an epoch (`drop_schedule='constant'`),
  separately among positive and negative weights, grows only where no weight
  was active before, and draws the grown weights at random.
  """
  return drop_and_grow(
    counts,
    drop=magnitude,
    grow=random,
    signal=None,
    drop_fraction=drop_fraction,
    drop_schedule=drop_schedule,
    sampler=sampler,
    start_step=start_step,
    stop_step=stop_step,
    step_on_update=True,
    dense_batches=0,
  )
