"""The rule that RigL, SET, SNFS and their kin share.

Masks start random, from any sampler; then, on a mask step t, each layer drops
the fraction f(t) of its active weights of lowest score and grows as many of
highest score, the just-dropped ones being candidates too. Methods differ in
what growth goes by, and in whether weights move from layer to layer.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from jax import Array

from jaxsparse.core import drop_grow, prng, redistribution, schedules
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import (
  Counts,
  Criterion,
  Facts,
  Masks,
  MaskState,
  MaskUpdater,
  Params,
  PyTree,
  Scalar,
  Scores,
)
from jaxsparse.updaters import _decay, _init

Signal = Callable[[PyTree, MaskState], PyTree]


def dense_gradient(grads: PyTree, state: MaskState) -> PyTree:
  """Returns the dense gradient of the mask step's batch."""
  del state
  return grads


def within_layers(
  signal: PyTree,
  state: MaskState,
  drop_scores: Scores,
  grow_scores: Scores,
  drop_fraction: Scalar,
) -> Masks:
  """Drops and grows as many in each layer."""
  del signal
  return drop_grow.drop_and_grow(
    state.masks, drop_scores, grow_scores, drop_fraction
  )


def between_layers(shares: Signal = dense_gradient) -> Callable[..., Masks]:
  """Returns a `move` that redistributes the dropped number over the layers.

  Args:
    shares: `(signal, state) -> tree`: a layer grows in proportion to the mean
      size of this over its active weights. Default: what growth goes by.
  """

  def move(signal, state, drop_scores, grow_scores, drop_fraction):
    return redistribution.drop_and_grow_shared(
      state.masks,
      drop_scores,
      grow_scores,
      drop_fraction,
      redistribution.mean_of_active(shares(signal, state), state.masks),
    )

  return move


def at_zero(
  params: Params, grads: PyTree, old: Masks, new: Masks, *, key: Array
) -> Params:
  """Returns the params after a mask change; grown weights are 0."""
  del grads, key
  return drop_grow.carry_over(params, old, new)


@dataclasses.dataclass(frozen=True, eq=False)
class DropAndGrow:
  """The `update` of a drop-and-grow method, in the parts it is made from.

  Attributes:
    counts: active weights of each leaf.
    sampler: of the first masks.
    start_step: the first mask step; may be traced.
    fraction: `step -> f(t)`.
    drop: the criterion of drops: lowest first.
    grow: the criterion of growth: highest first.
    signal: `(grads, state) -> tree`, the input of `grow`; `None` if it grows
      without one.
    move: `(signal, state, drop_scores, grow_scores, drop_fraction) -> masks`.
    start: `(params, grads, old, new, *, key) -> params`: the initial values of
      grown weights.
  """

  counts: Counts
  sampler: str | Sampler
  start_step: int | Array
  fraction: Callable[[int | Array], Array]
  drop: Criterion
  grow: Criterion
  signal: Signal | None
  move: Callable[..., Masks]
  start: Callable[..., Params] = at_zero

  def __call__(
    self,
    grads: PyTree,
    state: MaskState,
    params: Params,
    *,
    step: int | Array,
    key: Array,
  ) -> tuple[Params, MaskState]:
    """Drops and grows, as `MaskUpdater.update`."""
    step_key = prng.at(key, step)
    signal = grads if self.signal is None else self.signal(grads, state)
    new = self.move(
      signal,
      state,
      self.drop(params, grads, key=key),
      self.grow(params, signal, key=step_key),
      self.fraction(step),
    )
    params = self.start(params, grads, state.masks, new, key=step_key)
    return params, state._replace(masks=new)


def drop_and_grow(
  counts: Counts,
  *,
  drop: Criterion,
  grow: Criterion,
  signal: Signal | None = dense_gradient,
  move: Callable[..., Masks] = within_layers,
  drop_fraction: Scalar,
  drop_schedule: str | schedules.Decay,
  sampler: str | Sampler,
  start_step: int,
  stop_step: int,
  update_interval: int | None = None,
  step_on_update: bool,
  dense_batches: int | None,
) -> MaskUpdater:
  """Builds a drop-and-grow method.

  Args:
    counts: active weights of each leaf.
    drop: see `DropAndGrow`; likewise `grow`, `signal` and `move`.
    grow: likewise.
    signal: likewise.
    move: likewise: `within_layers`, or one made by `between_layers`.
    drop_fraction: of the active weights, at `start_step`; in [0, 1].
    drop_schedule: the decay of the drop fraction until `stop_step`.
    sampler: of the first masks, as for `_init.random`.
    start_step: the first mask step.
    stop_step: where the decay ends.
    update_interval: steps between mask steps; `None`: any.
    step_on_update: see `types.Facts`; likewise `dense_batches`.
    dense_batches: likewise.

  Raises:
    ValueError: an argument is out of range, or no decay or sampler has that
      name.
    TypeError: a step is no integer of the host.
  """
  fraction, times = _decay.schedule(
    drop_fraction, drop_schedule, start_step, stop_step
  )
  if update_interval is not None:
    schedules.host_step('update_interval', update_interval, 1)
  shared = move is not within_layers
  return MaskUpdater(
    init=_init.random(counts, sampler, together=shared),
    update=DropAndGrow(
      *(counts, sampler, start_step, fraction, drop, grow, signal, move)
    ),
    facts=Facts(
      invariant='total' if shared else 'per_leaf',
      times=times._replace(update_interval=update_interval),
      step_on_update=step_on_update,
      masks_only=True,
      dense_batches=dense_batches,
    ),
  )


def rule_of(updater: MaskUpdater, option: str) -> DropAndGrow:
  """Returns the rule of a drop-and-grow method.

  Args:
    updater: the method.
    option: the start of the message: the argument and its value.

  Raises:
    ValueError: it is another kind of method.
  """
  if not isinstance(updater.update, DropAndGrow):
    raise ValueError(
      f'{option}; accepted with it is a drop-and-grow method, such as rigl or'
      ' set, as its function returns it'
    )
  return updater.update


def changed(updater: MaskUpdater, **parts: Any) -> MaskUpdater:
  """Returns `updater` with other parts of its `DropAndGrow`."""
  rule = rule_of(updater, f'parts are {", ".join(parts)}')
  return updater._replace(update=dataclasses.replace(rule, **parts))


def reading_gradients(facts: Facts) -> Facts:
  """Returns the facts of a method that reads the mask step's dense gradient."""
  return facts._replace(dense_batches=1) if facts.dense_batches == 0 else facts
