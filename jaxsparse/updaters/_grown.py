"""The initial values and momenta of grown weights."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import choices, initialisation, prng
from jaxsparse.core.drop_grow import carry_over
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Masks, MaskState, Params, PyTree, Scalar

# `(params, grads, old, new, *, key) -> values`, read where `new` holds a
# weight that `old` does not; `params` are 0 there.
_Values = Callable[..., PyTree]


def starter(
  grow_init: str | Callable[..., Params], grow_scale: Scalar
) -> Callable[..., Params]:
  """Returns the function that initialises grown weights.

  Args:
    grow_init: `zeros`; `normal`: N(0, q), q being the mean square of the
      layer's weights that stay; `sparse`: as the sparse initialisation draws
      for the new masks, N(0, 2 / active inputs of the unit); `gradient`: -g,
      a step of gradient descent from 0. Or `(params, masks, *, key) -> params`
      as in `core.initialisation`, called with the new masks.
    grow_scale: a factor of these values; may be traced.

  Returns:
    `(params, grads, old, new, *, key) -> params`. Weights in both masks stay
    bit for bit, those outside `new` are 0.

  Raises:
    ValueError: `grow_init` has no such name.
  """
  if callable(grow_init):
    values: _Values | None = _drawn_by(grow_init)
  else:
    choices.check(f'grow_init is {grow_init!r}', grow_init, _WAYS)
    values = _WAYS[grow_init]

  def start(
    params: Params, grads: PyTree, old: Masks, new: Masks, *, key: Array
  ) -> Params:
    carried = carry_over(params, old, new)
    if values is None:
      return carried

    def one(param: Array, before: Array, now: Array, value: Array) -> Array:
      scale = jnp.asarray(grow_scale, param.dtype)
      return jnp.where(now & ~before, scale * value.astype(param.dtype), param)

    drawn = values(carried, grads, old, new, key=prng.stream(key, 'grown'))
    return map_masks(
      one, carried, old, new, drawn, exempt=lambda param, *_: param
    )

  return start


def along_gradient(
  scale: Scalar,
) -> Callable[[PyTree, MaskState], PyTree]:
  """Returns a `MaskUpdater.momenta`: `scale` times the mask step's gradient."""

  def momenta(grads: PyTree, state: MaskState) -> PyTree:
    del state
    return jax.tree.map(lambda g: jnp.asarray(scale, g.dtype) * g, grads)

  return momenta


def _normal(
  params: Params, grads: PyTree, old: Masks, new: Masks, *, key: Array
) -> PyTree:
  del grads

  def one(param: Array, before: Array, now: Array, leaf_key: Array) -> Array:
    stay = jnp.sum(before & now, dtype=jnp.float32)
    squares = jnp.sum(jnp.square(param.astype(jnp.float32)))
    deviation = jnp.sqrt(squares / jnp.maximum(stay, 1.0))
    return deviation * jax.random.normal(leaf_key, param.shape, jnp.float32)

  return map_masks(one, params, old, new, prng.leaf_keys(key, params))


def _drawn_by(initialise: Callable[..., Params]) -> _Values:
  def values(
    params: Params, grads: PyTree, old: Masks, new: Masks, *, key: Array
  ) -> PyTree:
    del grads, old
    return initialise(params, new, key=key)

  return values


def _gradient(
  params: Params, grads: PyTree, old: Masks, new: Masks, *, key: Array
) -> PyTree:
  del params, old, new, key
  return jax.tree.map(jnp.negative, grads)


_WAYS: dict[str, _Values | None] = {
  'zeros': None,
  'normal': _normal,
  'sparse': _drawn_by(initialisation.sparse),
  'gradient': _gradient,
}
