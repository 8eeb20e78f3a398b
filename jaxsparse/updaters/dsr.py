"""Dynamic sparse reparameterisation: one threshold, weights move freely."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import prng
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.criteria.random import random
from jaxsparse.core.drop_grow import carry_over, dropped_count
from jaxsparse.core.masks import map_masks
from jaxsparse.core.redistribution import grow_shared
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.topk import topk_masks
from jaxsparse.core.types import (
  Counts,
  Facts,
  Masks,
  MaskState,
  MaskUpdater,
  Scalar,
  Scores,
)
from jaxsparse.updaters import _checks, _init, _prune


class DSRState(NamedTuple):
  """The threshold H, a float32 scalar; 0 until the first mask step."""

  threshold: Array


def dsr(
  counts: Counts,
  *,
  drop_fraction: Scalar = 0.1,
  tolerance: Scalar = 0.1,
  sampler: str | Sampler = 'uniform',
) -> MaskUpdater:
  """Builds dynamic sparse reparameterisation (Mostafa and Wang 2019).

  "Parameter Efficient Training of Deep Convolutional Neural Networks by
  Dynamic Sparse Reparameterization", algorithm 1. On a mask step, after the
  optimiser's step, with one threshold H for all layers,

  1. the K_l active weights of layer l with |w| < H are dropped, K in all, and
     R_l stay: the largest at the least, so that no layer is emptied;
  2. H is doubled if K < (1 - tolerance) P, and halved if K > (1 + tolerance)
     P, P = floor(drop_fraction M) being the number of the M active weights to
     drop at a time;
  3. layer l grows K R_l / sum R of the weights that it did not keep, uniformly
     at random. Grown weights start at 0.

  The sum of active weights is constant, exactly; those of a layer are not.

  **Use it** as a baseline that finds the sparsity of each layer by itself,
  without dense gradients.

  >>> updater = js.dsr(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key, stop_step=750)

  Args:
    counts: active weights of each leaf at the start, ints or traced int32;
      `None` where a leaf is exempt.
    drop_fraction: P / M, in [0, 1); may be traced.
    tolerance: delta, in [0, 1]; may be traced.
    sampler: draws the first masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.

  Raises:
    ValueError: an argument is out of range, or no sampler has that name.

  **Deviations**: H starts where the first mask step drops P weights, or as many
  as leave no layer empty, rather than at a value to be tuned (0.001). P is a
  fraction of the weights, not a number. Parts are whole by Webster's method.
  Of a layer below H the largest weight stays; in the authors' code, the first
  in memory. Dropped weights may be grown at once, which theirs may not; one
  that is dropped and grown in one update is left alone.
  """
  _checks.check_fraction('drop_fraction', drop_fraction, below_one=True)
  _checks.check_fraction('tolerance', tolerance)
  random_init = _init.random(counts, sampler, together=True)

  def init(params, *, key, probe=None):
    state = random_init(params, key=key, probe=probe)
    return state._replace(inner=DSRState(jnp.float32(0)))

  def update(grads, state, params, *, step, key):
    old = state.masks
    if not jax.tree.leaves(old):
      return params, state
    sizes = magnitude(params, grads, key=key)
    target = dropped_count(_total(old), drop_fraction)
    threshold = jnp.where(
      state.inner.threshold > 0,
      state.inner.threshold,
      _threshold(sizes, old, target),
    )
    ones = jax.tree.map(lambda _: 1, old)
    largest = _prune.keep_highest(sizes, old, ones)
    remaining = map_masks(
      lambda s, m, best: m & (best | (s >= threshold)), sizes, old, largest
    )
    dropped = _total(old) - _total(remaining)
    stay = jax.tree.map(lambda m: jnp.sum(m, dtype=jnp.float32), remaining)
    places = random(params, grads, key=prng.at(key, step))
    new = grow_shared(old, remaining, places, stay)
    after = DSRState(threshold * _factor(dropped, target, tolerance))
    return carry_over(params, old, new), MaskState(new, after)

  return MaskUpdater(
    init=init,
    update=update,
    facts=Facts(invariant='total', step_on_update=True, masks_only=True),
  )


def _total(masks: Masks) -> Array:
  return sum(
    (jnp.sum(m, dtype=jnp.int32) for m in jax.tree.leaves(masks)),
    start=jnp.int32(0),
  )


def _threshold(sizes: Scores, masks: Masks, wanted: Array) -> Array:
  """Returns the least |w| of the active weights but the `wanted` smallest."""
  active = map_masks(lambda s, m: s, sizes, masks)
  stay = topk_masks(active, _total(masks) - wanted, where=masks)
  least = map_masks(
    lambda s, m: jnp.min(s.astype(jnp.float32), where=m, initial=jnp.inf),
    active,
    stay,
  )
  return jnp.min(jnp.stack(jax.tree.leaves(least)))


def _factor(dropped: Array, wanted: Array, tolerance: Scalar) -> Array:
  """Returns the factor of the threshold: 2, 1/2 or 1."""
  margin = jnp.float32(tolerance) * wanted.astype(jnp.float32)
  over = (dropped - wanted).astype(jnp.float32)
  few, many = over < -margin, over > margin
  return jnp.where(few, 2.0, jnp.where(many, 0.5, 1.0)).astype(jnp.float32)
