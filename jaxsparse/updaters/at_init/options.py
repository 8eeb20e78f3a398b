"""The scope of a ranking and its controls, by the names of config fields."""

from collections.abc import Callable

import jax.numpy as jnp

from jaxsparse.core.types import MaskUpdater
from jaxsparse.updaters.at_init import pruning

Builder = Callable[..., MaskUpdater]


def options(
  updater: MaskUpdater,
  *,
  by_layer: bool = False,
  inverted: bool = False,
  absolute: bool = False,
  shuffled: bool = False,
) -> MaskUpdater:
  """Applies the options that are not at their defaults.

  The last three are controls (Frankle et al. 2021, "Pruning Neural Networks at
  Initialization: Why Are We Missing the Mark?", section 5; Su et al. 2020).

  Args:
    updater: a method that prunes at initialisation.
    by_layer: whether each layer keeps its count, and no weight competes with
      those of another layer.
    inverted: whether the weights of lowest score stay.
    absolute: whether weights are ranked by the size of their score.
    shuffled: whether the active weights of each layer go to random places of
      it, once all rounds are done: what is left are the counts of each layer.

  Raises:
    ValueError: it is another kind of method.
  """
  if by_layer and updater.facts.extra:
    raise ValueError('by_layer: accepted with faithful is False')
  if by_layer:
    updater = pruning.with_parts(updater, by_layer=True)
    updater = updater._replace(
      facts=updater.facts._replace(invariant='per_leaf')
    )
  if absolute or inverted:
    sign = -1 if inverted else 1

    def transform(score):
      return sign * (jnp.abs(score) if absolute else score)

    updater = pruning.with_parts(updater, transform=transform)
  if shuffled:
    updater = pruning.with_parts(updater, shuffled=True)
  return updater


def prunes_at_init(builder: Builder) -> Builder:
  """Declares that a function builds a method of pruning at initialisation.

  A config of such a method has the fields of `options`, see
  `core.registry.parameters`.
  """
  vars(builder)['options'] = options
  return builder
