"""Random masks whose layers compete: uniform over all weights."""

from jaxsparse.core.criteria.random import random as random_scores
from jaxsparse.core.types import Counts, MaskUpdater
from jaxsparse.updaters.at_init.options import prunes_at_init
from jaxsparse.updaters.at_init.pruning import prune_at_init


@prunes_at_init
def random(counts: Counts) -> MaskUpdater:
  """Builds random pruning at initialisation (Tanaka et al. 2020, section 5).

  Before the first step it keeps weights that are drawn uniformly from all
  layers together, so that all have about the same density.

  **Use it** as the weakest baseline of pruning before training. Random masks
  with the counts of a distribution, ERK or `smart_ratio`, are `static`.

  >>> updater = js.random(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32, whose sum is
      distributed over the leaves, but for those that are dense; `None` where a
      leaf is exempt.

  **Deviations**: none.
  """

  def score(params, masks, probe, *, round, key):
    return random_scores(params, None, key=key)

  return prune_at_init(counts, score)
