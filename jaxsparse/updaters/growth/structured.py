"""Masks that follow a structure of `core.structures` from the start."""

import jax.numpy as jnp
from jax import Array

from jaxsparse.core.drop_grow import dropped_count
from jaxsparse.core.masks import map_masks_with_path, shard_like
from jaxsparse.core.structures import Structure
from jaxsparse.core.types import MaskUpdater, Path
from jaxsparse.updaters import _structured
from jaxsparse.updaters.growth import drop_and_grow


def structured(
  updater: MaskUpdater,
  structure: str | Structure,
  structure_size: tuple[int, ...] = (),
) -> MaskUpdater:
  """Returns a drop-and-grow method whose masks follow a structure.

  The first masks are random within it. Drops go by the layer, as without it;
  growth goes by what the structure has room for.

  Args:
    updater: a method that keeps the counts of layers (`rigl`, `set`, `snfs`),
      built with the sampler `uniform`.
    structure: a name in `core.structures` (`unstructured`, `n_m`,
      `constant_fan_in`, `block`, `kernel_slice`), a dotted path or a
      `Structure`.
    structure_size: `(m,)` for `n_m`, `(height, width)` for `block`.

  Raises:
    ValueError: no structure of that name or size, or one that the method
      cannot have.

  None is of the papers of these methods; `kernel_slice` is of RigL's
  reproducibility report (Sundar and Dwaraknath 2021).
  """
  pattern = _structured.find(structure, structure_size)
  if structure == _structured.UNSTRUCTURED:
    return updater
  rule = drop_and_grow.rule_of(updater, f'structure is {structure!r}')
  if rule.sampler != 'uniform':
    raise ValueError(
      f'sampler is {rule.sampler!r}; accepted with a structure is uniform'
    )
  if rule.move is not drop_and_grow.within_layers:
    raise ValueError(
      f'structure is {structure!r}, of a method that moves weights between'
      f' layers or has a structure; accepted is {_structured.UNSTRUCTURED}'
    )

  def init(params, *, key, probe=None):
    state = updater.init(params, key=key, probe=probe)
    masks = _structured.random(pattern, params, rule.counts, key=key)
    return state._replace(masks=masks)

  def move(signal, state, drop_scores, grow_scores, drop_fraction):
    def one(path: Path, drop: Array, mask: Array, grow: Array) -> Array:
      active = jnp.sum(mask, dtype=jnp.int32)
      dropped = dropped_count(active, drop_fraction)
      remaining = pattern.keep(path, drop, mask, dropped)
      return shard_like(drop, pattern.fill(path, grow, remaining, active))

    return map_masks_with_path(one, drop_scores, state.masks, grow_scores)

  return drop_and_grow.changed(updater, move=move)._replace(init=init)
