"""SNIP in rounds: connection sensitivity of what the last round left."""

from jaxsparse.core.types import Counts, MaskUpdater
from jaxsparse.updaters.at_init.by_sensitivity import prune_by_sensitivity
from jaxsparse.updaters.at_init.options import prunes_at_init


@prunes_at_init
def iterative_snip(
  counts: Counts, *, rounds: int = 60, batches_per_round: int | None = None
) -> MaskUpdater:
  """Builds Iterative SNIP (de Jorge et al. 2021, section 4; Verdenius 2020).

  Before the first step, round i of n keeps the size (k / size)^(i / n) weights
  of largest |w dL/dw| in the net that the last round left, all layers ranked
  together; k is the sum of `counts`. What is pruned stays so. With one round it
  is SNIP (Lee et al. 2019) on any batches, before training.

  **Use it** at sparsities at which one round empties layers; with `rounds=1`
  as SNIP, where its batches and its controls matter.

  >>> updater = js.iterative_snip(counts, rounds=1)
  >>> state = updater.init(params, key=key, probe=probe)

  Args:
    counts: active weights of each leaf, ints or traced int32, whose sum is
      distributed over the leaves, but for those that are dense; `None` where a
      leaf is exempt.
    rounds: n, at least 1.
    batches_per_round: batches of the probe that a round reads, the next one
      going on after them; `None` for all in every round.

  Raises:
    ValueError: an argument is below 1; from `init`: no probe.
    TypeError: an argument is not a host integer.

  **Deviations** from the authors' code: the gradient is of the probe's loss
  (there, the mean of the true logits); equal scores are ranked by place.
  """
  return prune_by_sensitivity(
    counts,
    rounds=rounds,
    batches_per_round=batches_per_round,
  )
