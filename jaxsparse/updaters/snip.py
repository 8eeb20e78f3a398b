"""SNIP: pruning at initialisation by connection sensitivity."""

from jaxsparse.core import masks as masking
from jaxsparse.core.criteria.sensitivity import sensitivity
from jaxsparse.core.types import Counts, Facts, MaskUpdater
from jaxsparse.updaters import _init, _prune


def snip(counts: Counts, *, global_ranking: bool = False) -> MaskUpdater:
  """Builds SNIP (Lee et al. 2019), as in the tables of Evci et al. 2020.

  Training is dense until the one mask step, at `start_step`, which is 0 for
  pruning before training: it keeps the weights of largest |w dL/dw|. The batch
  of that step serves the scores alone: no optimiser step is made.

  **Use it** as a baseline of pruning before training.

  >>> updater = js.snip(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    global_ranking: as in the SNIP paper, rank the weights of all leaves
      together, and keep the sum of `counts`: it is distributed over the layers,
      but for those that `counts` leaves dense. Else each layer keeps its
      count, as in the code of Evci et al. 2020.

  **Deviations** from the SNIP paper: layers keep what `counts` says unless
  `global_ranking`; biases are pruned only where `counts` has them; the weights
  that were ranked are trained, not drawn anew. From the code of Evci et al.
  2020: the gradient is of the loss without weight decay, and the mask step
  counts as a step.
  """
  keep = _prune.keep_together if global_ranking else _prune.keep_highest

  def update(grads, state, params, *, step, key):
    scores = sensitivity(params, grads, key=key)
    new = keep(scores, state.masks, counts)
    return masking.apply_masks(params, new), state._replace(masks=new)

  return MaskUpdater(
    init=_init.full(counts, together=global_ranking),
    update=update,
    facts=Facts(
      mask_steps='first',
      masks_only=True,
      invariant='scheduled_total' if global_ranking else 'scheduled',
    ),
  )
