"""One-shot magnitude pruning."""

from jax import Array

from jaxsparse.core.types import Counts, MaskState, MaskUpdater, Params, PyTree
from jaxsparse.updaters import _prune


def magnitude(counts: Counts) -> MaskUpdater:
  """One-shot magnitude pruning (Han et al. 2015), layer by layer.

  Dense until its one mask step, at `start_step`, which keeps the `counts`
  weights of largest |w| in each layer: the classic pipeline train, prune,
  fine-tune.

  The optimiser does not step there: with `start_step` 0 the weights that are
  ranked are those the run started from, say a trained checkpoint's.

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.

  **Deviations**: the paper prunes by a threshold, a multiple of the standard
  deviation of a layer's weights; here the counts are given.
  """

  def update(
    grads: PyTree,
    state: MaskState,
    params: Params,
    *,
    step: int | Array,
    key: Array,
  ) -> tuple[Params, MaskState]:
    del step
    return _prune.keep_largest(counts, grads, state, params, key=key)

  return MaskUpdater(
    init=_prune.full_init(counts),
    update=update,
    step_on_update=False,
    mask_steps='first',
    invariant='scheduled',
  )
