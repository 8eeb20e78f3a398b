"""RigL: drop by magnitude, grow by the dense gradient."""

import operator
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxsparse.core import schedules
from jaxsparse.core.criteria.gradient import gradient
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.structures import Structure
from jaxsparse.core.types import (
  Counts,
  MaskUpdater,
  Params,
  PyTree,
  Scalar,
  Scores,
)
from jaxsparse.updaters import (
  _checks,
  _dynamic,
  _grown,
  _memory,
  _structured,
)


def rigl(
  counts: Counts,
  *,
  drop_fraction: Scalar = 0.3,
  drop_schedule: str | schedules.Decay = 'cosine',
  sampler: str | Sampler = 'uniform',
  grow_batches: int = 1,
  grow_init: str | Callable[..., Params] = 'zeros',
  grow_scale: Scalar = 1.0,
  grow_momentum: Scalar | None = None,
  structure: str | Structure = 'unstructured',
  structure_size: tuple[int, ...] = (),
  start_step: int = 0,
  stop_step: int,
  update_interval: int | None = None,
  inverted: bool = False,
) -> MaskUpdater:
  """Builds RigL (Evci et al. 2020, "Rigging the Lottery", algorithm 1).

  On a mask step t each layer of n active weights

  1. drops the k = floor(f(t) n) of them with smallest |w|,
     f(t) = drop_fraction (1 + cos(pi t / T)) / 2;
  2. grows the k of largest |dL/d(w m)| among all that were not kept, those
     just dropped included. Grown weights start at 0.

  The batch of a mask step serves the scores alone: no optimiser step is made.
  With `grow_batches` > 1 the score is |mean of dL/d(w m)| over that batch and
  those before it, each at the weights of its step.

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    drop_fraction: alpha, the fraction of active weights dropped at
      `start_step`, in [0, 1]; may be traced.
    drop_schedule: decay of the drop fraction: a name in `schedules.DECAYS` or
      a function of progress in [0, 1].
    sampler: draws the first masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.
    grow_batches: the number of batches, the last being the mask step's, over
      which the growth gradient is averaged; at most `update_interval`. Above 1
      it costs a sum of the dense gradient in memory, and a pass over it every
      step. Fewer where the run has not had as many.
    grow_init: the initial values of grown weights: `zeros`; `normal`, as spread
      as the layer's weights; `sparse`, as the sparse initialisation draws them;
      `gradient`, -dL/d(w m). Or a function `(params, masks, *, key) -> params`,
      `functools.partial(initialisation.sparse, axes=my_rule)` say.
    grow_scale: a factor of these values; may be traced. No effect on `zeros`.
    grow_momentum: the optimiser's momentum of grown weights starts at
      `grow_momentum` dL/d(w m) on the batch of the mask step; at least 0, may
      be traced. `None`: where the optimiser starts, at 0. A gradient g that
      stays as it is builds up a momentum of g / (1 - momentum).
    structure: the structure of the masks: a name in `core.structures`
      (`unstructured`, `n_m`, `constant_fan_in`, `block`, `kernel_slice`), a
      dotted path or a `Structure`. Under one but the first, the first masks
      are random within it, and `sampler` stays `uniform`.
    structure_size: `(m,)` for `n_m`, `(height, width)` for `block`.
    start_step: the first mask step.
    stop_step: mask steps end before it, and the decay at it; the paper's
      T_end, about 3/4 of training.
    update_interval: steps between mask steps; needed for `grow_batches` > 1.
    inverted: grow those of smallest |dL/d(w m)| instead: a control for the
      effect of growing by gradient.

  Raises:
    ValueError: an argument is out of range, or no decay, sampler, structure
      or `grow_init` has that name.
    TypeError: `grow_batches` or `update_interval` is not a host integer.

  **Deviations** from the authors' code: mask steps are counted as steps
  (theirs freezes the counter); no noise on the drop scores; inactive weights
  are never kept (there, noise can lift them over active weights below 1e-5);
  the decay runs from `start_step` rather than from 0. A weight that is
  dropped and grown in one update is left alone, as there. Optimiser statistics
  of grown weights start as they do at the start of training, but for
  `grow_momentum` (theirs: `rigl_acc_scale`). They found other values than 0
  for grown weights no better (section 3(4)). `grow_batches` is an option of
  rigl-torch. Structures are none of the paper's (`kernel_slice` is of its
  reproducibility report): drops go by the layer, growth by what a
  structure has room for. `inverted` is no part of the method; Evci et al. 2022,
  "Gradient Flow in Sparse Neural Networks and How Lottery Tickets Win", compare
  with it.
  """
  if update_interval is not None:
    schedules.host_step('update_interval', update_interval, 1)
  averaged = operator.index(grow_batches) != 1
  held = _structured.find(structure, structure_size)
  free = structure == _structured.UNSTRUCTURED
  if not free and sampler != 'uniform':
    raise ValueError(
      f'sampler is {sampler!r}; accepted with a structure is uniform'
    )
  updater = _dynamic.drop_and_grow_updater(
    counts,
    _inverted if inverted else gradient,
    signal=_memory.summed if averaged else _dynamic.gradient_signal,
    grow_init=grow_init,
    grow_scale=grow_scale,
    structure=None if free else held,
    drop_fraction=drop_fraction,
    drop_schedule=drop_schedule,
    sampler=sampler,
    start_step=start_step,
    stop_step=stop_step,
    step_on_update=False,
  )
  if grow_momentum is not None:
    _checks.check_not_negative('grow_momentum', grow_momentum)
    updater = updater._replace(momenta=_grown.along_gradient(grow_momentum))
  if not averaged:
    return updater
  return _memory.summing(
    updater, counts, grow_batches, update_interval, start_step
  )


def _inverted(params: Params, grads: PyTree, *, key: jax.Array) -> Scores:
  return jax.tree.map(jnp.negative, gradient(params, grads, key=key))
