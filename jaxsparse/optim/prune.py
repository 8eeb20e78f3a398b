"""One-shot pruning of a net that is trained already, or about to be."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core.masks import apply_masks, highest, map_masks
from jaxsparse.core.types import Counts, Masks, MaskUpdater, Params, Probe


class Pruned(NamedTuple):
  """A pruned net.

  Attributes:
    params: 0 outside the masks.
    masks: bool leaves, `None` where a leaf stays dense.
  """

  params: Params
  masks: Masks


def prune(
  params: Params,
  counts: Counts,
  *,
  masks: Masks | None = None,
  method: Callable[[Counts], MaskUpdater] | None = None,
  probe: Probe | None = None,
  key: jax.Array | None = None,
) -> Pruned:
  """Prunes to the weights of largest magnitude of each layer, or by a method.

  >>> small = {'kernel': jnp.array([[3.0, -1.0], [0.5, -2.0]])}
  >>> js.prune(small, {'kernel': 2}).masks['kernel'].tolist()
  [[True, False], [False, True]]
  >>> pruned = js.prune(params, counts, method=js.grasp, probe=probe, key=key)

  Args:
    params: any tree of arrays.
    counts: active weights of each leaf, as a distribution returns them; `None`
      where a leaf stays dense.
    masks: of a net that is sparse already: none of the weights outside them
      comes back before all of those inside have stayed.
    method: prunes at initialisation: `grasp`, `synflow`, `obd` ..., or a
      function of the counts, `lambda counts: js.obd(counts, rounds=5)`.
    probe: what a method scores weights by.
    key: a PRNG key, of methods that draw.

  Returns:
    The params, 0 outside the masks, and the masks: exactly `counts` weights
    each, ties by place.

  Raises:
    ValueError: a count is out of range, a tree does not fit `params`, the
      method needs a probe and has none, or `masks` come with a method.
  """
  if method is not None:
    if masks is not None:
      raise ValueError('masks: accepted with a method is None')
    key = jax.random.key(0) if key is None else key
    new = method(counts).init(params, key=key, probe=probe).masks
    return Pruned(apply_masks(params, new), new)
  scores = map_masks(lambda p, _: jnp.abs(p), params, counts)
  new = highest(params, counts, scores, where=masks)
  return Pruned(apply_masks(params, new), jax.tree.map(jnp.asarray, new))
