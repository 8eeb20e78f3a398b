"""One-shot pruning of a net that is trained already, or about to be."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core.masks import apply_masks, highest, map_masks
from jaxsparse.core.types import Counts, Masks, Params


class Pruned(NamedTuple):
  """A pruned net.

  Attributes:
    params: 0 outside the masks.
    masks: bool leaves, `None` where a leaf stays dense.
  """

  params: Params
  masks: Masks


def prune(
  params: Params, counts: Counts, *, masks: Masks | None = None
) -> Pruned:
  """Prunes to the weights of largest magnitude of each layer.

  >>> params = {'kernel': jnp.array([[3.0, -1.0], [0.5, -2.0]])}
  >>> js.prune(params, {'kernel': 2}).masks['kernel'].tolist()
  [[True, False], [False, True]]

  Args:
    params: any tree of arrays.
    counts: active weights of each leaf, as a distribution returns them; `None`
      where a leaf stays dense.
    masks: of a net that is sparse already: none of the weights outside them
      comes back before all of those inside have stayed.

  Returns:
    The params, 0 outside the masks, and the masks: exactly `counts` weights
    each, ties by place.

  Raises:
    ValueError: a count is out of range, or a tree does not fit `params`.
  """
  scores = map_masks(lambda p, _: jnp.abs(p), params, counts)
  new = highest(params, counts, scores, where=masks)
  return Pruned(apply_masks(params, new), jax.tree.map(jnp.asarray, new))
