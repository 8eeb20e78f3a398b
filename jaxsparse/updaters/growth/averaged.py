"""Growth by a gradient averaged over batches: an option of rigl-torch."""

import operator
from typing import NamedTuple

import jax.numpy as jnp

from jaxsparse.core import schedules
from jaxsparse.core.types import MaskState, MaskUpdater, PyTree
from jaxsparse.updaters import _memory
from jaxsparse.updaters.growth import drop_and_grow


class GradientSum(NamedTuple):
  """The dense gradients of some batches, summed; `None` where exempt."""

  total: PyTree


def averaged(
  updater: MaskUpdater,
  grow_batches: int,
  *,
  update_interval: int | None = None,
) -> MaskUpdater:
  """Returns a drop-and-grow method that grows by the mean of gradients.

  The growth score of RigL becomes |mean of dL/d(w m)| over the batch of the
  mask step and those before it, each at the weights of its step. It costs a sum
  of the dense gradient in memory, and a pass over it every step.

  Args:
    updater: a method that grows by the gradient of the mask step's batch:
      `rigl`, `rigl_sg`.
    grow_batches: the number of batches, the last being the mask step's, in
      [1, `update_interval`]. Fewer where the run has not had as many.
    update_interval: steps between mask steps; default: that of the method.

  Raises:
    ValueError: `grow_batches` is out of range or the interval unknown, or it is
      another kind of method.
    TypeError: one of the two is not a host integer.
  """
  batches = operator.index(grow_batches)
  option = f'grow_batches is {batches}'
  if batches == 1:
    return updater
  rule = drop_and_grow.rule_of(updater, option)
  own_memory = MaskUpdater._field_defaults['observe'] is not updater.observe
  if rule.signal is None or own_memory:
    raise ValueError(
      f'{option}, of a method that grows by no gradient or keeps statistics of'
      ' its own; accepted is 1'
    )
  times = updater.facts.times
  interval = (
    times.update_interval if update_interval is None else update_interval
  )
  if interval is None:
    raise ValueError(f'{option}, for which update_interval is needed')
  interval = schedules.host_step('update_interval', interval, 1)
  if not 1 <= batches <= interval:
    raise ValueError(
      f'{option}; accepted is 1 to update_interval, which is {interval}'
    )

  def add(grad, mask, total, step):
    ahead = (rule.start_step - step) % interval  # Steps to the next mask step.
    begun = jnp.where(ahead == batches - 1, grad, total + grad)
    return jnp.where(ahead < batches, begun, total)

  facts = updater.facts._replace(
    times=times._replace(start_step=rule.start_step, update_interval=interval),
    dense_batches=batches,
  )
  summing = _memory.with_statistic(updater, rule.counts, GradientSum, add)
  return drop_and_grow.changed(summing, signal=_total)._replace(facts=facts)


def _total(grads: PyTree, state: MaskState) -> PyTree:
  return state.inner.total
