"""An average of the weights that is as sparse as its masks."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Params, PyTree
from jaxsparse.optim.sparsify import SparsifyState


class EmaState(NamedTuple):
  """The state of `ema`.

  Attributes:
    params: the average, for evaluations: 0 outside the masks.
    ages: int32, for how many updates each weight has been active; of a leaf
      without a mask a scalar.
  """

  params: Params
  ages: PyTree


class Ema(NamedTuple):
  """The functions of an average.

  Attributes:
    init: `(params, opt_state) -> EmaState`, of no update yet: all 0.
    update: `(params, average, opt_state) -> EmaState`, called after a step with
      the new params and the new state of `sparsify`.
  """

  init: Callable[[Params, SparsifyState], EmaState]
  update: Callable[[Params, EmaState, SparsifyState], EmaState]


def ema(decay: float, *, debias: bool = True) -> Ema:
  """Builds an exponential moving average of the weights, by their masks.

  A weight is averaged from the update at which it is active on: `params` of t
  updates ago counts as `decay**t`, and the average is divided by the sum of
  these. So a weight that just grew has its own value, not a share of it, and
  one that was dropped is exactly 0 and forgotten.

  >>> tx = js.sparsify(optax.sgd(0.1), js.static(counts), key=key)
  >>> state = tx.init(params)
  >>> mean = js.ema(0.999)
  >>> average = mean.init(params, state)
  >>> average = mean.update(params, average, state)
  >>> error = loss(average.params, batch)

  Args:
    decay: in (0, 1).
    debias: whether to divide by that sum. Otherwise weights are averaged with
      the 0 that they were before, as by `optax.ema`.

  Returns:
    `init` and `update`, which work under `jit` and `scan`. Averages have the
    params' structure, in float32 or the params' dtype if that is wider.

  Raises:
    ValueError: the decay is out of range.
  """
  if not 0 < decay < 1:
    raise ValueError(f'decay is {decay!r}; accepted is a number in (0, 1)')

  def init(params: Params, opt_state: SparsifyState) -> EmaState:
    average = jax.tree.map(lambda p: jnp.zeros(p.shape, _wide(p)), params)
    ages = map_masks(
      lambda p, _: jnp.zeros(p.shape, jnp.int32),
      params,
      opt_state.mask_state.masks,
      exempt=lambda _: jnp.zeros([], jnp.int32),
    )
    return EmaState(average, ages)

  def update(
    params: Params, average: EmaState, opt_state: SparsifyState
  ) -> EmaState:
    masks = opt_state.mask_state.masks
    ages = map_masks(
      lambda _, mask, age: jnp.where(mask, age + 1, 0),
      params,
      masks,
      average.ages,
      exempt=lambda _, age: age + 1,
    )

    def moved(param, mean, age):
      # The newest value's share of the sum of decay**t.
      total = -jnp.expm1(age * math.log(decay)) if debias else 1.0
      return mean + ((1 - decay) / total * (param - mean)).astype(mean.dtype)

    new = map_masks(
      lambda p, mask, mean, age: jnp.where(
        mask, moved(p, mean, jnp.maximum(age, 1)), 0
      ),
      params,
      masks,
      average.params,
      ages,
      exempt=moved,
    )
    return EmaState(new, ages)

  return Ema(init, update)


def _wide(param: jax.Array) -> jnp.dtype:
  return jnp.promote_types(param.dtype, jnp.float32)
