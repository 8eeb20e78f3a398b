"""Initial values of masked params.

Each is `(params, masks, *, key, ...) -> params`, 0 outside the masks, leaves
without a mask untouched. `dense` keeps the values that the model's own
initialiser drew; `sparse` draws anew, for the connections that there are.
"""

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import prng
from jaxsparse.core.masks import apply_masks, map_masks
from jaxsparse.core.types import Masks, Params, Scalar


def dense(params: Params, masks: Masks, *, key: Array | None = None) -> Params:
  """The masked dense initialisation: `params` with 0 outside the masks.

  Args:
    params: as the model's own initialisers drew them, for dense fans.
    masks: bool leaves, `None` where exempt.
    key: not used; taken so that all initialisations are called alike.
  """
  del key
  return apply_masks(params, masks)


def sparse(
  params: Params,
  masks: Masks,
  *,
  key: Array,
  scale: Scalar = 2.0,
  out_axis: int = -1,
) -> Params:
  """The sparse initialisation, scaled to each unit's own fan-in.

  An active weight of output unit o is drawn from N(0, scale / fan_in_o), not
  truncated, where fan_in_o counts the active weights that enter o, those at
  all spatial positions included. A unit without any stays at 0. Source: Evci
  et al. 2022, "Gradient Flow in Sparse Neural Networks and How Lottery
  Tickets Win", whose formula has scale 2.

  Args:
    params: shapes and dtypes are read from it, and the exempt leaves kept.
    masks: bool leaves, `None` where exempt.
    key: a PRNG key; each leaf draws from a stream named by its path.
    scale: 2 for layers that feed a ReLU (He), 1 for linear ones (LeCun).
    out_axis: the axis of output units: -1 in Flax ([..., in, out]), 0 in
      Equinox ([out, in, ...]).

  Returns:
    Params, 0 outside the masks; biases and other exempt leaves unchanged.

  Raises:
    ValueError: a masked leaf has no axis `out_axis`, or `scale` (where it is
      not traced) is not positive.
  """
  if not isinstance(scale, jax.core.Tracer) and not 0 < scale < math.inf:
    raise ValueError(f'scale is {scale}; accepted is a number above 0')

  def one(param: Array, mask: Array, leaf_key: Array) -> Array:
    deviation = jnp.sqrt(scale / _fan_in(mask, out_axis))
    drawn = deviation * jax.random.normal(leaf_key, param.shape, jnp.float32)
    return jnp.where(mask, drawn, 0.0).astype(param.dtype)

  return map_masks(
    one,
    params,
    masks,
    prng.leaf_keys(key, params),
    exempt=lambda param, _: param,
  )


def _fan_in(mask: Array, out_axis: int) -> Array:
  """Active weights of each output unit, at least 1; float32, axes kept."""
  if not -mask.ndim <= out_axis < mask.ndim:
    raise ValueError(f'out_axis {out_axis}: a mask has shape {mask.shape}')
  axes = tuple(a for a in range(mask.ndim) if a != out_axis % mask.ndim)
  active = jnp.sum(mask, axis=axes, keepdims=True, dtype=jnp.float32)
  return jnp.maximum(active, 1.0)
