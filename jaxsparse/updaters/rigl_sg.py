"""RigL-SG: RigL that moves weights between layers, by their gradients."""

from jaxsparse.core import schedules
from jaxsparse.core.criteria.gradient import gradient
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import Counts, MaskUpdater, Scalar
from jaxsparse.updaters.growth.drop_and_grow import (
  between_layers,
  drop_and_grow,
)
from jaxsparse.updaters.growth.options import drops_and_grows


@drops_and_grows
def rigl_sg(
  counts: Counts,
  *,
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  sampler: str | Sampler = 'uniform',
  start_step: int = 0,
  stop_step: int,
) -> MaskUpdater:
  """Builds RigL with redistribution by sparse gradients (RigL-SG).

  Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery", section 5.3, after
  Dettmers and Zettlemoyer 2019. On a mask step t each layer of n active
  weights drops the floor(f(t) n) of smallest |w|, as in RigL. Of what all
  layers drop, layer l grows a part in proportion to

    mean of |dL/d(w m)| over its active weights, before anything is dropped,

  those of largest |dL/d(w m)| among all that were not kept. Grown weights
  start at 0, and no optimiser step is made. The sum of active weights is
  constant, exactly; those of a layer are not.

  **Use it** to let RigL move weights between layers, by the size of their
  gradients.

  >>> updater = js.rigl_sg(counts, stop_step=750)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf at the start, ints or traced int32;
      `None` where a leaf is exempt.
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

  **Deviations** from the authors' code: parts are whole by Webster's method,
  so the total never drifts and needs no controller; a layer may fill up
  wholly (there, to 99 % of its free places), and what it has no room for goes
  to the others by their shares (there, in equal parts); floor(f n), not ceil.
  And those of `rigl`, whose order of events this shares.
  """
  return drop_and_grow(
    counts,
    drop=magnitude,
    grow=gradient,
    move=between_layers(),
    drop_fraction=drop_fraction,
    drop_schedule=drop_schedule,
    sampler=sampler,
    start_step=start_step,
    stop_step=stop_step,
    step_on_update=False,
    dense_batches=1,
  )
