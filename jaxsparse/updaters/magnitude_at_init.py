"""Pruning of the smallest initial weights, before training."""

from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.types import Counts, MaskUpdater
from jaxsparse.updaters.at_init.options import prunes_at_init
from jaxsparse.updaters.at_init.pruning import prune_at_init


@prunes_at_init
def magnitude_at_init(counts: Counts) -> MaskUpdater:
  """Builds magnitude pruning at initialisation (Frankle et al. 2021).

  Before the first step it keeps the weights of largest |w|, all layers ranked
  together: the scale of each layer's initial weights decides how many of them.

  **Use it** as a baseline of pruning before training that sees no data.

  >>> updater = js.magnitude_at_init(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32, whose sum is
      distributed over the leaves, but for those that are dense; `None` where a
      leaf is exempt.

  **Deviations**: none. A run that starts from a trained one (`init.checkpoint`)
  is pruned by its trained weights.
  """

  def score(params, masks, probe, *, round, key):
    return magnitude(params, None, key=key)

  return prune_at_init(counts, score)
