"""The initial values of grown weights."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import choices, initialisation, prng
from jaxsparse.core.drop_grow import carry_over
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Masks, MaskUpdater, Params, PyTree, Scalar
from jaxsparse.updaters.growth import drop_and_grow

# `(params, grads, old, new, *, key) -> values`, read where `new` holds a
# weight that `old` does not; `params` are 0 there.
_Values = Callable[..., PyTree]


def starting_at(
  updater: MaskUpdater,
  grow_init: str | Callable[..., Params],
  *,
  grow_scale: Scalar = 1.0,
) -> MaskUpdater:
  """Returns a drop-and-grow method whose grown weights start elsewhere than 0.

  A weight that is dropped and grown in one update is left alone. Evci et al.
  2020 found other values than 0 no better for RigL (section 3(4)).

  Args:
    updater: a drop-and-grow method: `rigl`, `set`, `snfs`, `rigl_sg`,
      `rigl_sm`.
    grow_init: `zeros`; `normal`: N(0, q), q being the mean square of the
      layer's weights that stay; `sparse`: as the sparse initialisation draws
      for the new masks, N(0, 2 / active inputs of the unit); `gradient`:
      -dL/d(w m), a step of gradient descent from 0. Or a function `(params,
      masks, *, key) -> params` as in `core.initialisation`, called with the
      new masks: `functools.partial(initialisation.sparse, axes=my_rule)` say.
    grow_scale: a factor of these values; may be traced. No effect on `zeros`.

  Raises:
    ValueError: `grow_init` has no such name, or it is another kind of method.
  """
  if not callable(grow_init):
    choices.check(f'grow_init is {grow_init!r}', grow_init, _WAYS)
  drop_and_grow.rule_of(updater, f'grow_init is {grow_init!r}')
  if grow_init == 'zeros':
    return drop_and_grow.changed(updater, start=drop_and_grow.at_zero)
  values = _drawn_by(grow_init) if callable(grow_init) else _WAYS[grow_init]

  def start(params, grads, old, new, *, key):
    def one(param: Array, before: Array, now: Array, value: Array) -> Array:
      scale = jnp.asarray(grow_scale, param.dtype)
      return jnp.where(now & ~before, scale * value.astype(param.dtype), param)

    carried = carry_over(params, old, new)
    drawn = values(carried, grads, old, new, key=prng.stream(key, 'grown'))
    return map_masks(
      one, carried, old, new, drawn, exempt=lambda param, *_: param
    )

  facts = updater.facts._replace(masks_only=False)
  if grow_init == 'gradient':
    facts = drop_and_grow.reading_gradients(facts)
  return drop_and_grow.changed(updater, start=start)._replace(facts=facts)


def _normal(
  params: Params, grads: PyTree, old: Masks, new: Masks, *, key: Array
) -> Params:
  def one(param: Array, before: Array, now: Array, leaf_key: Array) -> Array:
    stay = jnp.sum(before & now, dtype=jnp.float32)
    squares = jnp.sum(jnp.square(param.astype(jnp.float32)))
    deviation = jnp.sqrt(squares / jnp.maximum(stay, 1.0))
    return deviation * jax.random.normal(leaf_key, param.shape, jnp.float32)

  return map_masks(one, params, old, new, prng.leaf_keys(key, params))


def _drawn_by(initialise: Callable[..., Params]) -> _Values:
  return lambda params, grads, old, new, *, key: initialise(
    params, new, key=key
  )


def _gradient(
  params: Params, grads: PyTree, old: Masks, new: Masks, *, key: Array
) -> Params:
  return jax.tree.map(jnp.negative, grads)


_WAYS: dict[str, _Values] = {
  'zeros': drop_and_grow.at_zero,
  'normal': _normal,
  'sparse': _drawn_by(initialisation.sparse),
  'gradient': _gradient,
}
