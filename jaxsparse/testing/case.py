"""A method, built and run over all mask steps with made-up gradients.

The runs are made on first use and shared by the checks, which compile little
besides.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core import masks as masking
from jaxsparse.core import prng, registry, schedules
from jaxsparse.core.types import (
  Counts,
  Masks,
  MaskState,
  MaskUpdater,
  Params,
  PyTree,
)
from jaxsparse.optim.masked import stored_params
from jaxsparse.testing.small_net import small_net

# The mask steps of the loop.
PLAN: dict[str, Any] = {'update_interval': 2, 'start_step': 2, 'stop_step': 9}


class Moment(NamedTuple):
  """A mask step.

  Attributes:
    old: the state that `update` gets.
    given: the params that it gets.
    params: those that it returns.
    new: the state that it returns.
  """

  old: MaskState
  given: Params
  params: Params
  new: MaskState


class Trajectory(NamedTuple):
  """The state at init, mask steps (stacked), and the state at the end."""

  first: MaskState
  moments: Moment
  last: MaskState


class Case:
  """A method with its options, and its runs.

  Attributes:
    name: of the method, for messages.
    builder: `(counts, **numbers) -> MaskUpdater`.
    options: its keyword arguments, but for those of `plan`.
    numbers: the floats among its arguments, which runs trace.
    updater: the method, built with host numbers.
    plan: the mask steps of the loop.
    taken: those mask steps that the method takes.
    mask_steps: those that `trajectory` has: of a method that takes none, all,
      at which its `update` leaves everything alone.
    traces: how often a run was traced.
  """

  plan = PLAN

  def __init__(
    self, method: str | Callable[..., MaskUpdater], **options: Any
  ) -> None:
    if isinstance(method, MaskUpdater):
      raise TypeError(
        'got a MaskUpdater; accepted is the function that builds it, which is'
        ' called with several counts'
      )
    self.builder = registry.resolve(method, 'jaxsparse.updaters')
    self.name = getattr(self.builder, '__name__', str(method))
    self.params, self.counts, self.grads, self.probe = small_net()
    self.options = options
    defaults = {
      name: p.default for name, p in registry.parameters(self.builder).items()
    }
    self.numbers = {
      name: value
      for name, value in (defaults | options).items()
      if isinstance(value, float)
    }
    self.updater = self.build(self.counts)
    interval, start, stop = PLAN.values()
    window = schedules.mask_window(self.updater.facts.mask_steps, start, stop)
    self.taken = tuple(range(*window, interval))
    self.mask_steps = self.taken or tuple(range(start, stop, interval))
    self.traces = 0

  def build(self, counts: Counts, **numbers: Any) -> MaskUpdater:
    """Builds the method with other counts and numbers."""
    accepted = registry.parameters(self.builder)
    plan = {name: step for name, step in PLAN.items() if name in accepted}
    updater = registry.build(
      self.builder, counts, **plan, **self.options | numbers
    )
    if not isinstance(updater, MaskUpdater):
      raise TypeError(
        f'{self.name} returns {updater!r}; accepted is a MaskUpdater'
      )
    return updater

  def run(
    self, counts: Counts, numbers: dict[str, Any], key: jax.Array
  ) -> Trajectory:
    """Runs under jit: columns over devices, counts and numbers traced."""
    try:
      steps = jnp.array(self.mask_steps)
      return self._jitted(self.sharded_params, counts, numbers, key, steps)
    except jax.errors.JAXTypeError as error:
      raise AssertionError(
        'it depends on the Python value of a count, a number or a step, which'
        f' is traced here: {str(error).splitlines()[0]}'
      ) from error

  @functools.cached_property
  def _jitted(self) -> Callable[..., Trajectory]:
    def run(params, counts, numbers, key, steps):
      self.traces += 1
      updater = self.build(counts, **numbers)
      params, first = self.start(updater, params, key)
      (_, last), moments = jax.lax.scan(
        lambda carry, step: self.step(updater, *carry, step, key),
        (params, first),
        steps,
      )
      return Trajectory(first, moments, last)

    return jax.jit(run)

  @functools.cached_property
  def sharded_params(self) -> Params:
    """The params, their columns over two devices where there are two."""
    devices = jax.devices()[:2]
    mesh = jax.make_mesh(
      (len(devices),), ('x',), (jax.sharding.AxisType.Auto,), devices=devices
    )

    def place(leaf: jax.Array) -> jax.Array:
      spec = jax.P(*(None,) * (leaf.ndim - 1), 'x')
      return jax.device_put(leaf, jax.NamedSharding(mesh, spec))

    return jax.tree.map(place, self.params)

  @functools.cached_property
  def trajectory(self) -> Trajectory:
    """The run of key 0."""
    return self.run(self.counts, self.numbers, jax.random.key(0))

  @functools.cached_property
  def moments(self) -> list[Moment]:
    """The mask steps of `trajectory` one by one, on one device."""
    stacked = jax.device_get(self.trajectory.moments)
    return [
      jax.tree.map(lambda x, i=i: jnp.asarray(x[i]), stacked)
      for i in range(len(self.mask_steps))
    ]

  @property
  def states(self) -> dict[str, MaskState]:
    """The states of `trajectory`, by when they are reached."""
    after = {
      f'after mask step {step}': moment.new
      for step, moment in zip(self.mask_steps, self.moments, strict=True)
    }
    return {'after init': self.trajectory.first} | after

  def survivors(self, moment: Moment, step: int) -> Masks:
    """Returns what the optimiser moved, less what was pruned before growth."""
    if self.updater.pruned is None:
      return self.updater.trained(moment.old)
    return self.updater.pruned(
      self.grads_at(step),
      moment.old,
      moment.given,
      step=step,
      key=jax.random.key(0),
    )

  def first_moment(self, key: jax.Array) -> tuple[MaskState, Moment]:
    """Returns the state at init and the first mask step, without jit."""
    params, state = self.start(self.updater, self.params, key)
    at = self.mask_steps[0]
    return state, self.step(self.updater, params, state, at, key)[1]

  def start(
    self, updater: MaskUpdater, params: Params, key: jax.Array
  ) -> tuple[Params, MaskState]:
    """Returns the stored params and the state at init."""
    state = updater.init(params, key=key, probe=self.probe)
    return stored_params(updater, params, state), state

  def grads_at(self, step: int | jax.Array) -> PyTree:
    """Returns the made-up gradient of a step."""
    return jax.tree.map(lambda table: table[step], self.grads)

  def step(
    self,
    updater: MaskUpdater,
    params: Params,
    state: MaskState,
    step: int | jax.Array,
    key: jax.Array,
  ) -> tuple[tuple[Params, MaskState], Moment]:
    """Observes, moves by the gradient, and updates; all with one gradient."""
    at_step: Any = {'step': step, 'key': prng.at(key, step)}
    grads = self.grads_at(step)
    old = updater.observe(grads, state, params, **at_step)

    def moved() -> Params:
      allowed = masking.apply_masks(
        updater.regularise(grads, old, params, **at_step), updater.trained(old)
      )
      return jax.tree.map(lambda p, g: p - 0.1 * g, params, allowed)

    # XLA computes the result of a branch once. It may copy other code into
    # several loops, which round differently.
    moved = (
      moved()
      if isinstance(step, int)
      else jax.lax.cond(step >= 0, moved, lambda: params)
    )
    params, new = updater.update(grads, old, moved, **at_step)
    return (params, new), Moment(old, moved, params, new)
