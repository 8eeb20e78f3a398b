"""Deep Rewiring: connections of fixed sign go when they would change it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core import prng
from jaxsparse.core.drop_grow import carry_over
from jaxsparse.core.masks import map_masks, shard_like
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Counts, Facts, MaskUpdater, PyTree, Scalar
from jaxsparse.updaters import _checks, _init


class DeepRState(NamedTuple):
  """The signs of all connections.

  Attributes:
    positive: bool leaves shaped like the masks; `None` where exempt.
    settled: whether the signs of the first connections are known; a bool
      scalar.
  """

  positive: PyTree
  settled: Array


def deep_r(
  counts: Counts,
  *,
  l1: Scalar = 1e-4,
  noise: Scalar = 1e-4,
  sampler: str | Sampler = 'uniform',
) -> MaskUpdater:
  """Builds Deep Rewiring (Bellec et al. 2018, "Deep Rewiring", algorithm 1).

  A connection k has a weight s_k theta_k with a sign s_k that never changes.
  Every step the active ones move by

    theta_k <- theta_k - eta (dE/dtheta_k + l1) + sqrt(2 eta T) nu_k,

  nu_k from N(0, 1), here as terms added to the gradient of the optimiser:
  s_k l1, and noise of deviation `noise`. On a mask step, after the
  optimiser's step, connections with theta_k < 0 become dormant, and as many of
  the dormant ones of the same layer, drawn uniformly, become active with
  theta_k = 0.

  **Use it** as a baseline in which weights that change sign make room, and
  places are drawn at random.

  >>> updater = js.deep_r(counts)
  >>> tx = js.sparsify(
  ...   optax.sgd(0.1), updater, key=key, stop_step=750, update_interval=1
  ... )

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    l1: the drift alpha, not below 0; may be traced.
    noise: sqrt(2 T / eta) at a temperature T and a learning rate eta, not
      below 0; may be traced.
    sampler: draws the first masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.

  Raises:
    ValueError: an argument is out of range, or no sampler has that name.

  **Deviations**: the paper rewires on every step, which here is
  `update_interval` 1 (and `stop_fraction` 1); between mask steps a weight may
  pass 0 and come back. The number of connections is kept in each layer, as in
  the authors' code, not over the network. With an optimiser other than plain
  SGD, drift and noise pass through its momentum or scale too. The sign of a
  connection that is active at the start is that of its first weight, others
  are drawn; a weight of exactly 0 has the right sign. One that has just become
  dormant is drawn only where there are no others; it then keeps its weight.
  """
  _checks.check_not_negative('l1', l1)
  _checks.check_not_negative('noise', noise)
  random_init = _init.random(counts, sampler)

  def init(params, *, key, probe=None):
    def draw(param: Array, _: int | Array, leaf_key: Array) -> Array:
      drawn = jax.random.bernoulli(leaf_key, np.float32(0.5), param.shape)
      return shard_like(param, drawn)

    state = random_init(params, key=key, probe=probe)
    keys = prng.leaf_keys(prng.stream(key, 'signs'), params)
    signs = DeepRState(map_masks(draw, params, counts, keys), jnp.bool_(False))
    return state._replace(inner=signs)

  def observe(grads, state, params, *, step, key):
    settled = state.inner.settled

    def settle(param: Array, mask: Array, drawn: Array) -> Array:
      unsettled = mask & (param != 0) & ~settled
      return jnp.where(unsettled, param > 0, drawn)

    positive = map_masks(settle, params, state.masks, state.inner.positive)
    return state._replace(inner=DeepRState(positive, jnp.bool_(True)))

  def regularise(grads, state, params, *, step, key):
    keys = prng.leaf_keys(prng.stream(key, 'noise'), params)

    def add(grad: Array, positive: Array, leaf_key: Array) -> Array:
      sign = jnp.where(positive, np.float32(1), np.float32(-1))
      walk = jax.random.normal(leaf_key, grad.shape, jnp.float32)
      added = sign * jnp.float32(l1) + jnp.float32(noise) * walk
      return grad + added.astype(grad.dtype)

    return map_masks(
      add, grads, state.inner.positive, keys, exempt=lambda grad, _: grad
    )

  def update(grads, state, params, *, step, key):
    keys = prng.leaf_keys(prng.at(key, step), params)
    new = map_masks(_rewired, params, state.masks, state.inner.positive, keys)
    return carry_over(params, state.masks, new), state._replace(masks=new)

  return MaskUpdater(
    init=init,
    observe=observe,
    regularise=regularise,
    update=update,
    facts=Facts(step_on_update=True, masks_only=True),
  )


def _rewired(param: Array, mask: Array, positive: Array, key: Array) -> Array:
  crossed = mask & jnp.where(positive, param < 0, param > 0)
  remaining = mask & ~crossed
  drawn = shard_like(param, prng.uniform(key, param.shape))
  last = jnp.where(crossed, np.float32(-1), drawn)
  gone = jnp.sum(crossed, dtype=jnp.int32)
  return remaining | topk_mask(last, gone, where=~remaining)
