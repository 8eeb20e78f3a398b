"""RigL: drop by magnitude, grow by the dense gradient."""

from jaxsparse.core import schedules
from jaxsparse.core.criteria.gradient import gradient
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import Counts, MaskUpdater, Scalar
from jaxsparse.updaters.growth.drop_and_grow import drop_and_grow
from jaxsparse.updaters.growth.options import drops_and_grows


@drops_and_grows
def rigl(
  counts: Counts,
  *,
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  sampler: str | Sampler = 'uniform',
  start_step: int = 0,
  stop_step: int,
  update_interval: int | None = None,
) -> MaskUpdater:
  """Builds RigL (Evci et al. 2020, "Rigging the Lottery", algorithm 1).

  On a mask step t each layer of n active weights

  1. drops the k = floor(f(t) n) of them with smallest |w|,
     f(t) = drop_fraction (1 + cos(pi t / T)) / 2;
  2. grows the k of largest |dL/d(w m)| among all that were not kept, those
     just dropped included. Grown weights start at 0.

  The batch of a mask step serves the scores alone: no optimiser step is made.

  **Use it** first among the methods of constant cost: it grows where the dense
  gradient is largest, and needs that on mask steps alone.

  >>> updater = js.rigl(counts, drop_fraction=0.3, stop_step=750)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    drop_fraction: alpha, the fraction of active weights dropped at
      `start_step`, in [0, 1]; may be traced.
    drop_schedule: decay of the drop fraction: a name in `schedules.DECAYS` or
      a function of progress in [0, 1].
    sampler: draws the first masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.
    start_step: the first mask step.
    stop_step: mask steps end before it, and the decay at it; the paper's
      T_end, about 3/4 of training.
    update_interval: steps between mask steps; default: any.

  Raises:
    ValueError: an argument is out of range, or no decay or sampler has that
      name.
    TypeError: a step is not a host integer.

  **Deviations** from the authors' code: mask steps are counted as steps
  (theirs freezes the counter); no noise on the drop scores; inactive weights
  are never kept (there, noise can lift them over active weights below 1e-5);
  the decay runs from `start_step` rather than from 0. A weight that is
  dropped and grown in one update is left alone, as there. Optimiser statistics
  of grown weights start as they do at the start of training, but under
  `with_momentum`. Variants are in `jaxsparse.updaters.growth`.
  """
  return drop_and_grow(
    counts,
    drop=magnitude,
    grow=gradient,
    drop_fraction=drop_fraction,
    drop_schedule=drop_schedule,
    sampler=sampler,
    start_step=start_step,
    stop_step=stop_step,
    update_interval=update_interval,
    step_on_update=False,
    dense_batches=1,
  )
