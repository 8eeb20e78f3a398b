"""The rule that the methods of pruning at initialisation share.

Weights are scored before the first step, those of highest score stay, and the
masks never change. Several rounds approach the target exponentially, each of
them scoring what the last one left. Methods differ in the score alone.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import controls, prng, schedules
from jaxsparse.core import masks as masks_lib
from jaxsparse.core.finite import all_finite
from jaxsparse.core.types import (
  Counts,
  Facts,
  Masks,
  MaskState,
  MaskUpdater,
  Params,
  Probe,
  Scores,
)
from jaxsparse.updaters import _checks, _fixed, _prune

_NOT_FINITE = (
  'scores are not finite; accepted are weights and a loss whose derivatives are'
)
# `(params, masks, probe, *, round, key) -> scores`; `params` are not masked.
Score = Callable[..., Scores]


@dataclasses.dataclass(frozen=True, eq=False)
class Pruning:
  """The `init` of a method that prunes at initialisation.

  Attributes:
    counts: active weights of each leaf in the end, or their sum.
    score: `(params, masks, probe, *, round, key) -> scores`: the highest stay.
      `params` are as initialised, `masks` those of the last round.
    rounds: how often it scores.
    regrow: whether weights that one round prunes may come back in the next.
    extra: weights that stay beyond the target.
    by_layer: whether each leaf keeps its count. Else the leaves are ranked
      together, and those that are dense in `counts` stay so.
    transform: what is done to the scores.
    shuffled: whether the active weights of each leaf go to random places.
  """

  counts: Counts
  score: Score
  rounds: int = 1
  regrow: bool = False
  extra: int = 0
  by_layer: bool = False
  transform: Callable[[Array], Array] = lambda score: score
  shuffled: bool = False

  def __call__(
    self, params: Params, *, key: Array, probe: Probe | None = None
  ) -> MaskState:
    """Prunes, as `MaskUpdater.init`.

    Where a score is not finite no weight is active.

    Raises:
      ValueError: a score is not finite, outside of jit.
    """
    counts = self.counts
    _checks.check_counts(params, counts, together=not self.by_layer)
    # As constants, XLA would count them while it compiles, for many seconds.
    full = jax.lax.optimization_barrier(masks_lib.full_masks(params, counts))

    def prune(index: int | Array, last: tuple[Masks, Any]) -> tuple[Masks, Any]:
      masks, finite = last
      scores = self.score(
        params, masks, probe, round=index, key=prng.at(key, index)
      )
      scores = masks_lib.map_masks(
        lambda score, _: self.transform(score), scores, full
      )
      masks = self._highest(index, scores, full if self.regrow else masks)
      return masks, all_finite(scores) & finite

    if self.rounds == 1:
      masks, finite = prune(1, (full, True))
    else:
      start = full, jnp.bool_(True)
      masks, finite = jax.lax.fori_loop(1, self.rounds + 1, prune, start)
    if not isinstance(finite, jax.core.Tracer) and not finite:
      raise ValueError(_NOT_FINITE)
    if self.shuffled:
      masks = controls.shuffled(masks, key=prng.stream(key, 'shuffled'))
    return MaskState(jax.tree.map(lambda mask: mask & finite, masks))

  def _highest(self, index: int | Array, scores: Scores, masks: Masks) -> Masks:
    """Keeps the highest scores of a round among the `masks`."""

    def target(size: int, count: int | Array) -> Array:
      return _of_round(size, count, index, self.rounds)

    if self.by_layer:
      limits = masks_lib.map_masks(
        lambda s, n: target(s.size, n), scores, self.counts
      )
      return _prune.keep_highest(scores, masks, limits)
    size = sum(leaf.size for leaf in jax.tree.leaves(scores))
    total = _prune.total_of(self.counts) + self.extra
    total = target(size, jnp.minimum(total, size))
    return _prune.keep_together(scores, masks, self.counts, total)


def _of_round(
  size: int, count: int | Array, index: int | Array, rounds: int
) -> Array:
  """Returns the number that stays in a round, size (count / size)^(i / n).

  Exactly `count` in the last one.
  """
  count = jnp.asarray(count, jnp.int32)
  if rounds == 1:
    return count
  part = jnp.asarray(index, jnp.float32) / rounds
  density = count.astype(jnp.float32) / size
  target = jnp.round(size * density**part).astype(jnp.int32)
  return jnp.where(index == rounds, count, jnp.clip(target, count, size))


def prune_at_init(
  counts: Counts, score: Score, *, rounds: int = 1, **parts: Any
) -> MaskUpdater:
  """Builds a method that prunes at initialisation.

  Args:
    counts: active weights of each leaf.
    score: see `Pruning`; likewise `rounds`.
    rounds: likewise.
    **parts: its other attributes.

  Raises:
    TypeError: `rounds` is no integer of the host.
    ValueError: it is below 1.
  """
  schedules.host_step('rounds', rounds, 1)
  return MaskUpdater(
    init=Pruning(counts, score, rounds, **parts),
    update=_fixed.update,
    facts=Facts(invariant='total', mask_steps='none', scores_at_init=True),
  )


def with_parts(updater: MaskUpdater, **parts: Any) -> MaskUpdater:
  """Returns `updater` with other parts of its `Pruning`.

  Raises:
    ValueError: it is another kind of method.
  """
  if not isinstance(updater.init, Pruning):
    raise ValueError(
      f'{", ".join(parts)}: accepted is a method that prunes at initialisation,'
      ' such as grasp or synflow, as its function returns it'
    )
  return updater._replace(init=dataclasses.replace(updater.init, **parts))
