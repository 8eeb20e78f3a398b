"""Dense training, the reference: every weight is active."""

from jaxsparse.core.masks import full_masks
from jaxsparse.core.types import Counts, Facts, MaskState, MaskUpdater
from jaxsparse.updaters import _fixed


def dense(counts: Counts) -> MaskUpdater:
  """Builds dense training, the reference: every weight is active.

  **Use it** as the reference of accuracy and cost.

  >>> updater = js.dense(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: names the leaves that have a mask, which stays full; the numbers
      are not read, so that one config serves dense and sparse runs.

  **Deviations**: none; there is no paper.
  """

  def init(params, *, key, probe=None):
    return MaskState(full_masks(params, counts))

  return MaskUpdater(
    init=init,
    update=_fixed.update,
    facts=Facts(invariant='dense', mask_steps='none'),
  )
