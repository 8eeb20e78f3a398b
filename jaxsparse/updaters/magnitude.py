"""One-shot magnitude pruning."""

import jax
import jax.numpy as jnp

from jaxsparse.core.masks import apply_masks
from jaxsparse.core.structures import Structure
from jaxsparse.core.types import Counts, Facts, MaskUpdater
from jaxsparse.updaters import _init, _prune, _structured


def magnitude(
  counts: Counts,
  *,
  global_ranking: bool = False,
  structure: str | Structure = 'unstructured',
  structure_size: tuple[int, ...] = (),
) -> MaskUpdater:
  """Builds one-shot magnitude pruning (Han et al. 2015).

  Training is dense until the one mask step, at `start_step`, which keeps the
  `counts` weights of largest |w| in each layer, or as many in all: the classic
  pipeline train, prune, fine-tune.

  The optimiser does not step there: with `start_step` 0 the weights that are
  ranked are those the run started from, say a trained checkpoint's.

  **Use it** as the one-shot baseline of pruning, or to prune a trained net.

  >>> updater = js.magnitude(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key, start_step=250)

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    global_ranking: rank the weights of all leaves together, and keep the sum of
      `counts`: it is distributed over the layers, but for those that `counts`
      leaves dense.
    structure: the structure of the masks: a name in `core.structures`
      (`unstructured`, `n_m`, `constant_fan_in`, `block`, `kernel_slice`), a
      dotted path or a `Structure`. Of N in every M, say, the largest stay.
    structure_size: `(m,)` for `n_m`, `(height, width)` for `block`.

  Raises:
    ValueError: no structure of that name or size, or one together with
      `global_ranking`.

  **Deviations**: the paper prunes by a threshold, a multiple of the standard
  deviation of a layer's weights; here the counts are given.
  """
  held = _structured.find(structure, structure_size)
  free = structure == _structured.UNSTRUCTURED
  if global_ranking and not free:
    raise ValueError(
      f'structure is {structure!r}; accepted with global_ranking is'
      f' {_structured.UNSTRUCTURED}'
    )
  keep = _prune.keep_together if global_ranking else _prune.keep_highest

  def update(grads, state, params, *, step, key):
    if free:
      return _prune.keep_largest(
        counts, grads, state, params, key=key, keep=keep
      )
    sizes = jax.tree.map(jnp.abs, params)
    new = _structured.largest(held, sizes, counts)
    return apply_masks(params, new), state._replace(masks=new)

  return MaskUpdater(
    init=_init.full(counts, together=global_ranking),
    update=update,
    facts=Facts(
      mask_steps='first',
      masks_only=True,
      invariant='scheduled_total' if global_ranking else 'scheduled',
    ),
  )
