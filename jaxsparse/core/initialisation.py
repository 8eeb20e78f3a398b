"""Initial values of masked params.

Each is `(params, masks, *, key, ...) -> params`, 0 outside the masks, leaves
without a mask untouched. `dense` keeps the values that the model's own
initialiser drew, for the connections of the dense layer; `sparse` and
`layer_scaled` draw new values, for the connections in the masks. They take an
existing tree, so they serve any model of any library, and a method that
redraws weights calls them as a run does:

    params = initialisation.sparse(params, masks, key=key)

The input and output axes of a kernel follow from its name, or from a rule that
is passed as `axes`, see `core.fans`.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core import choices, fans, prng
from jaxsparse.core.masks import (
  apply_masks,
  check_masks,
  map_masks_with_path,
)
from jaxsparse.core.types import Masks, Params, Scalar, Shape

_FANS = ('fan_in', 'fan_out', 'fan_avg')


def dense(params: Params, masks: Masks, *, key: Array | None = None) -> Params:
  """Returns the masked dense initialisation: `params`, 0 outside the masks.

  Args:
    params: as the model's own initialisers drew them, for dense fans.
    masks: bool leaves, `None` where exempt.
    key: not used; taken so that all initialisations are called alike.

  Raises:
    ValueError: masks that do not fit.
  """
  del key
  check_masks(params, masks)
  return apply_masks(params, masks)


def sparse(
  params: Params,
  masks: Masks,
  *,
  key: Array,
  scale: Scalar = 2.0,
  fan: str = 'fan_in',
  distribution: str = 'normal',
  axes: fans.Rule = fans.by_name,
) -> Params:
  """Draws the sparse initialisation, scaled by each unit's active connections.

  An active weight from input unit i to output unit o has mean 0 and variance
  scale / F. F counts active weights: those that enter o (`fan_in`), those
  that leave i (`fan_out`), or the mean of the two, one for each connection
  (`fan_avg`); all spatial positions are counted. A unit without any stays at
  0. Source: Evci et al. 2022, "Gradient Flow in Sparse Neural
  Networks and How Lottery Tickets Win", whose formula is the default;
  `fan='fan_avg', distribution='uniform', scale=1` compares with a masked
  Glorot uniform initialisation like for like.

  >>> masks = js.random_masks(params, counts, key=key)
  >>> params = js.sparse_init(params, masks, key=jax.random.key(1))

  Args:
    params: shapes and dtypes are read from it, and the exempt leaves kept.
    masks: bool leaves, `None` where exempt.
    key: a PRNG key; each leaf draws from a stream named by its path. Not the
      key that drew the masks: the weights that a draw makes active would be
      those that the same draw makes large.
    scale: 2 for layers that feed a ReLU (He), 1 for linear ones (LeCun).
    fan: `fan_in`, `fan_out` or `fan_avg`.
    distribution: `normal`, `truncated_normal` (at two standard deviations of
      the normal that is cut; the variance is as above) or `uniform`.
    axes: input and output axes of each leaf, by its name unless a rule is
      passed; see `core.fans`.

  Returns:
    Params, 0 outside the masks; biases and other exempt leaves unchanged.

  Raises:
    ValueError: masks that do not fit, `fan` or `distribution` is not known,
      `scale` (where it is not traced) is no number above 0, or `axes` does
      not fit a leaf.
  """

  def variance(mask: Array, found: fans.Axes) -> Array:
    entering, leaving = fans.fan_in(mask, found), fans.fan_out(mask, found)
    return jnp.float32(scale) / jnp.maximum(_pick(fan, entering, leaving), 1.0)

  _check(scale, fan)
  return _draw(params, masks, key, distribution, axes, variance)


def layer_scaled(
  params: Params,
  masks: Masks,
  *,
  key: Array,
  scale: Scalar = 2.0,
  fan: str = 'fan_in',
  distribution: str = 'normal',
  axes: fans.Rule = fans.by_name,
) -> Params:
  """Draws the dense initialisation, rescaled by each layer's density.

  The active weights of a layer have variance scale / (F density), F being the
  dense fan: one scale a layer, that of its mean unit. Source: Liu et al. 2019,
  "Rethinking the Value of Network Pruning", as Evci et al. 2022 compare with
  it; their plots draw it from the truncated normal.

  Args:
    params: as for `sparse`.
    masks: bool leaves, `None` where exempt.
    key: a PRNG key, not the one that drew the masks.
    scale: as for `sparse`.
    fan: the dense fan: `fan_in`, `fan_out` or `fan_avg`.
    distribution: `normal`, `truncated_normal` or `uniform`.
    axes: input and output axes of each leaf.

  Returns:
    Params, 0 outside the masks; biases and other exempt leaves unchanged.

  Raises:
    ValueError: as for `sparse`.
  """

  def variance(mask: Array, found: fans.Axes) -> Array:
    # F density is the active weights over the units that they enter or leave.
    active = jnp.maximum(jnp.sum(mask, dtype=jnp.float32), 1.0)
    inputs, outputs = fans.units(mask.shape, found)
    return jnp.float32(scale) / _pick(fan, active / outputs, active / inputs)

  _check(scale, fan)
  return _draw(params, masks, key, distribution, axes, variance)


def _pick(fan: str, fan_in: Array, fan_out: Array) -> Array:
  return {
    'fan_in': fan_in,
    'fan_out': fan_out,
    'fan_avg': (fan_in + fan_out) / 2,
  }[fan]


def _normal(key: Array, shape: Shape) -> Array:
  return jax.random.normal(key, shape, jnp.float32)


def _truncated_normal(key: Array, shape: Shape) -> Array:
  drawn = jax.random.truncated_normal(key, -2.0, 2.0, shape, jnp.float32)
  density = math.exp(-2.0) / math.sqrt(2 * math.pi)
  return drawn / math.sqrt(1 - 4 * density / math.erf(math.sqrt(2.0)))


def _uniform(key: Array, shape: Shape) -> Array:
  edge = math.sqrt(3.0)
  return jax.random.uniform(key, shape, jnp.float32, -edge, edge)


# Each of variance 1.
_DISTRIBUTIONS = {
  'normal': _normal,
  'truncated_normal': _truncated_normal,
  'uniform': _uniform,
}


def _draw(
  params: Params,
  masks: Masks,
  key: Array,
  distribution: str,
  axes: fans.Rule,
  variance: Callable[[Array, fans.Axes], Array],
) -> Params:
  check_masks(params, masks)
  message = f'distribution is {distribution!r}'
  choices.check(message, distribution, _DISTRIBUTIONS)
  draw = _DISTRIBUTIONS[distribution]

  def one(path: str, param: Array, mask: Array, leaf_key: Array) -> Array:
    unit_axes = fans.find(axes, path, mask.shape)
    drawn = jnp.sqrt(variance(mask, unit_axes)) * draw(leaf_key, param.shape)
    return jnp.where(mask, drawn, 0.0).astype(param.dtype)

  return map_masks_with_path(
    one,
    params,
    masks,
    prng.leaf_keys(key, params),
    exempt=lambda param, _: param,
  )


def _check(scale: Scalar, fan: str) -> None:
  choices.check(f'fan is {fan!r}', fan, _FANS)
  if isinstance(scale, jax.core.Tracer):
    return
  number = np.asarray(scale)
  real = jnp.isdtype(number.dtype, ('integral', 'real floating'))
  if number.ndim or not real or not 0 < number < math.inf:
    raise ValueError(f'scale is {scale!r}; accepted is a number above 0')
