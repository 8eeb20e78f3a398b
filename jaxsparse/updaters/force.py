"""FORCE: sensitivity in the pruned net, from which weights may come back."""

from jaxsparse.core.types import Counts, MaskUpdater
from jaxsparse.updaters.at_init.by_sensitivity import prune_by_sensitivity
from jaxsparse.updaters.at_init.options import prunes_at_init


@prunes_at_init
def force(
  counts: Counts, *, rounds: int = 60, batches_per_round: int | None = None
) -> MaskUpdater:
  """Builds FORCE (de Jorge et al. 2021, "Progressive Skeletonization").

  Before the first step, round i of n keeps the size (k / size)^(i / n) weights
  of largest |w dL/d(w m)|, all layers ranked together; k is the sum of
  `counts`. The gradient is dense and at the pruned weights w m, the factor w as
  initialised: a weight that one round prunes may come back in the next.

  **Use it** at extreme sparsities, beside Iterative SNIP.

  >>> updater = js.force(counts, rounds=20)
  >>> state = updater.init(params, key=key, probe=probe)

  Args:
    counts: active weights of each leaf, ints or traced int32, whose sum is
      distributed over the leaves, but for those that are dense; `None` where a
      leaf is exempt.
    rounds: n, at least 1.
    batches_per_round: batches of the probe that a round reads, the next one
      going on after them; `None` for all in every round. The paper has new
      ones in each.

  Raises:
    ValueError: an argument is below 1; from `init`: no probe.
    TypeError: an argument is not a host integer.

  **Deviations** from the authors' code: as of `iterative_snip`.
  """
  return prune_by_sensitivity(
    counts,
    rounds=rounds,
    batches_per_round=batches_per_round,
    regrow=True,
  )
