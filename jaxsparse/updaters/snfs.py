"""Sparse momentum: drop by magnitude, grow by the mean dense gradient."""

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
  within_layers,
)
from jaxsparse.updaters.growth.options import drops_and_grows


class SNFSState(NamedTuple):
  """The moving average of the dense gradient; `None` where exempt."""

  average: PyTree


@drops_and_grows
def snfs(
  counts: Counts,
  *,
  momentum: Scalar = 0.9,
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  sampler: str | Sampler = 'uniform',
  redistribute: bool = False,
  start_step: int = 0,
  stop_step: int,
) -> MaskUpdater:
  """Builds sparse momentum (Dettmers and Zettlemoyer 2019).

  "Sparse Networks from Scratch". Every step, before the optimiser's, the dense
  gradient g enters an average a <- momentum a + (1 - momentum) g, from 0. On
  a mask step each layer drops the fraction f(t) of its active weights that is
  smallest in magnitude, and grows as many of largest |a| among all that were
  not kept. The optimiser steps first. This is the form that Evci et al. 2020
  compare with. With `redistribute`, as in the original, a layer grows of what
  all layers drop a part in proportion to the mean of |a| over its active
  weights before the drop, and only the sum of active weights is constant.

  **Use it** to grow by an average of gradients, where a dense gradient on
  every step can be paid.

  >>> updater = js.snfs(counts, stop_step=750)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    momentum: of the average, in [0, 1); may be traced.
    drop_fraction: the fraction of active weights dropped at `start_step`, in
      [0, 1]; may be traced.
    drop_schedule: decay of the drop fraction: a name in `schedules.DECAYS` or
      a function of progress in [0, 1].
    sampler: draws the first masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.
    redistribute: whether weights move between layers.
    start_step: the first mask step.
    stop_step: mask steps end before it, and the decay at it.

  Raises:
    ValueError: an argument is out of range, or no decay or sampler has that
      name.

  **Deviations** from the original: `redistribute` is off by default, and the
  score is an average of its own rather than the optimiser's momentum, which
  does not exist outside the masks. Both as in the code of Evci et al. The
  average is not corrected for its start at 0: that is one factor for a whole
  layer and changes no rank, and the same for all layers and changes no share.
  Parts are whole by Webster's method, so the total does not drift; a layer may
  fill up, and what it has no room for goes to the others by their shares.
  """
  _checks.check_fraction('momentum', momentum, below_one=True)
  updater = drop_and_grow(
    counts,
    drop=magnitude,
    grow=gradient,
    signal=lambda _, state: state.inner.average,
    move=between_layers() if redistribute else within_layers,
    drop_fraction=drop_fraction,
    drop_schedule=drop_schedule,
    sampler=sampler,
    start_step=start_step,
    stop_step=stop_step,
    step_on_update=True,
    dense_batches=None,
  )

  def change(grad, mask, average, step):
    rate = jnp.asarray(momentum, average.dtype)
    return rate * average + (1 - rate) * grad

  return _memory.with_statistic(updater, counts, SNFSState, change)
