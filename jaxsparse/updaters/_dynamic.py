"""The common part of SET, RigL and SNFS, which differ in their growth score.

Masks start random, from any sampler; then, on a mask step t, each layer
drops the fraction f(t) of its active weights that is smallest in magnitude and
grows as many by the method's score, the just-dropped ones being candidates too.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import prng, registry, schedules
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.drop_grow import drop_and_grow
from jaxsparse.core.redistribution import drop_and_grow_shared, mean_of_active
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.structures import Structure
from jaxsparse.core.types import (
  Counts,
  Criterion,
  Facts,
  MaskState,
  MaskUpdater,
  Params,
  PyTree,
  Scalar,
)
from jaxsparse.updaters import _checks, _grown, _structured

Signal = Callable[[PyTree, MaskState], PyTree]


def random_init(
  counts: Counts, sampler: str | Sampler, *, together: bool = False
) -> Callable[..., MaskState]:
  """Builds an `init` that draws masks with `counts` active weights.

  Args:
    counts: active weights of each leaf.
    together: whether weights move from leaf to leaf.
    sampler: draws the masks: a name in `core.samplers`, a dotted path or a
      function `(params, counts, *, key) -> masks`.

  Raises:
    ValueError: no sampler of that name.
  """
  draw = registry.resolve(sampler, 'jaxsparse.core.samplers')

  def init(
    params: Params, *, key: Array, probe: PyTree | None = None
  ) -> MaskState:
    del probe
    _checks.check_counts(params, counts, together=together)
    return MaskState(draw(params, counts, key=key))

  return init


def gradient_signal(grads: PyTree, state: MaskState) -> PyTree:
  """Returns the dense gradient of the mask step's batch."""
  del state
  return grads


def drop_and_grow_updater(
  counts: Counts,
  grow: Criterion,
  *,
  signal: Signal = gradient_signal,
  share: Signal | None = None,
  grow_init: str | Callable[..., Params] = 'zeros',
  grow_scale: Scalar = 1.0,
  structure: Structure | None = None,
  drop_fraction: Scalar,
  drop_schedule: str | schedules.Decay,
  sampler: str | Sampler,
  start_step: int,
  stop_step: int,
  step_on_update: bool,
  dense_batches: int | None = 1,
) -> MaskUpdater:
  """Builds a method that drops by magnitude and grows by `grow`.

  Args:
    counts: active weights of each leaf.
    grow: the criterion of growth.
    signal: `(grads, state) -> tree`, the input of `grow`; default: the dense
      gradient.
    share: `(grads, state) -> tree`: the dropped number is redistributed over
      the layers in proportion to the mean size of this over the active weights
      of each. Default: each layer grows as many as it dropped.
    grow_init: the initial values of grown weights, see `_grown.starter`.
    grow_scale: a factor of these values.
    structure: the structure of the masks, from the start; random masks within
      it then replace those of the sampler.
    drop_fraction: of the active weights, at `start_step`; in [0, 1].
    drop_schedule: the decay of the drop fraction until `stop_step`.
    sampler: of the first masks, as for `random_init`.
    start_step: the first mask step.
    stop_step: where the decay ends.
    step_on_update: whether the optimiser steps on a mask step too.
    dense_batches: see `types.Facts`.

  Raises:
    ValueError: an argument is out of range, or no decay, sampler or
      `grow_init` has that name.
  """
  _checks.check_fraction('drop_fraction', drop_fraction)
  _checks.check_steps(start_step, stop_step)
  decay = schedules.decay(drop_schedule)
  start = _grown.starter(grow_init, grow_scale)

  def update(
    grads: PyTree,
    state: MaskState,
    params: Params,
    *,
    step: int | Array,
    key: Array,
  ) -> tuple[Params, MaskState]:
    old, step_key = state.masks, prng.at(key, step)
    arguments = (
      old,
      magnitude(params, grads, key=key),
      grow(params, signal(grads, state), key=step_key),
      jnp.float32(drop_fraction)
      * decay(schedules.progress(step, start_step, stop_step)),
    )
    if share is not None:
      shares = mean_of_active(share(grads, state), old)
      new = drop_and_grow_shared(*arguments, shares)
    elif structure is not None:
      new = _structured.drop_and_grow(structure, *arguments)
    else:
      new = drop_and_grow(*arguments)
    params = start(params, grads, old, new, key=step_key)
    return params, state._replace(masks=new)

  return MaskUpdater(
    init=(
      random_init(counts, sampler, together=share is not None)
      if structure is None
      else _structured.random_init(structure, counts)
    ),
    update=update,
    facts=Facts(
      invariant='per_leaf' if share is None else 'total',
      times=schedules.times_of(decay, start_step, stop_step),
      step_on_update=step_on_update,
      dense_batches=dense_batches,
    ),
  )
