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
    key: a PRNG key; a method needs one.

  Returns:
    The params, 0 outside the masks, and the masks: exactly `counts` weights
    each, ties by place.

  Raises:
    ValueError: a count is out of range, a tree does not fit `params`, the
      method needs a probe and has none, it does not prune at initialisation, or
      `masks` or no `key` come with it.
  """
  if method is not None:
    updater = method(counts)
    if masks is not None or key is None:
      raise ValueError('with a method, masks are None and a key is needed')
    if not updater.facts.scores_at_init:
      raise ValueError(
        f'method is {method}, which does not prune at initialisation; accepted'
        ' are grasp, iterative_snip (with rounds=1 it is SNIP), force, synflow,'
        ' obd, magnitude_at_init, random'
      )
    new = updater.init(params, key=key, probe=probe).masks
    return Pruned(apply_masks(params, new), new)
  scores = map_masks(lambda p, _: jnp.abs(p), params, counts)
  new = highest(params, counts, scores, where=masks)
  return Pruned(apply_masks(params, new), jax.tree.map(jnp.asarray, new))
