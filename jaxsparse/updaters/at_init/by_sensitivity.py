"""Rounds of connection sensitivity, with or without a way back."""

from jaxsparse.core import gradients, schedules
from jaxsparse.core.criteria.sensitivity import sensitivity
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Counts, MaskUpdater
from jaxsparse.updaters.at_init.pruning import prune_at_init


def prune_by_sensitivity(
  counts: Counts,
  *,
  rounds: int,
  batches_per_round: int | None,
  regrow: bool = False,
) -> MaskUpdater:
  """Builds a method that keeps the largest |w dL/d(w m)| of each round.

  Args:
    counts: active weights of each leaf.
    rounds: how often it scores.
    batches_per_round: batches of a round; `None` for all.
    regrow: whether weights that one round prunes may come back in the next.

  Raises:
    ValueError: a number is below 1.
    TypeError: a number is not a host integer.
  """
  if batches_per_round is not None:
    schedules.host_step('batches_per_round', batches_per_round, 1)

  def score(params, masks, probe, *, round, key):
    probe = probe and gradients.of_round(probe, round, batches_per_round)
    at = gradients.objective(probe, apply_masks(params, masks), counts)
    weights = gradients.masked_leaves(params, counts)
    return sensitivity(weights, gradients.gradient(at), key=key)

  return prune_at_init(counts, score, rounds=rounds, regrow=regrow)
