"""Masks of one net for another net, whose units stand in another order.

Adnan et al. 2025, "Sparse Training from Random Initialization: Aligning Lottery
Ticket Masks using Weight Symmetry": a ticket's mask does not fit another
initialisation, whose training leads to the same basin but for a permutation of
units; permuted likewise it does. The permutation is that between two trained
dense nets, one from the ticket's initialisation and one from the other.

**Deviations**: weight matching in place of the paper's activation matching, so
that no data is read.
"""

import jax

from jaxsparse.analysis.permutations.groups import (
  Groups,
  permute,
  random_permutations,
)
from jaxsparse.analysis.permutations.matching import match_weights
from jaxsparse.analysis.solutions import Solution, check_alike
from jaxsparse.core import choices
from jaxsparse.core.masks import check_masks
from jaxsparse.core.types import Masks, Params

HOW = ('aligned', 'naive', 'random')


def transplant(
  masks: Masks,
  params: Params,
  target: Params,
  groups: Groups,
  *,
  how: str,
  key: jax.Array,
) -> Masks:
  """Returns the masks of a ticket for another initialisation.

  Args:
    masks: of the ticket.
    params: of the dense net trained from the ticket's initialisation.
    target: of that trained from the other.
    groups: of the model, from `unit_groups`.
    how: `aligned`, permuted as the units of `params` to match `target`; or a
      control: `naive`, as they are, or `random`, randomly permuted.
    key: a PRNG key, for the random permutation or the order of matching.

  Returns:
    Masks with as many active weights in each leaf.

  Raises:
    ValueError: nets of different shapes, masks that do not fit, or an unknown
      `how`.
  """
  choices.check(f'how is {how!r}', how, HOW)
  check_alike(Solution(params), Solution(target))
  check_masks(params, masks)
  if how == 'naive':
    return masks
  if how == 'random':
    permutations = random_permutations(groups, key=key)
  else:
    permutations = match_weights(groups, params, target, key=key)
  return permute(groups, permutations, masks)
