"""Straight-through magnitude masks: dense weights, of which the largest act."""

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import (
  Counts,
  Facts,
  Masks,
  MaskState,
  MaskUpdater,
  Scalar,
)
from jaxsparse.updaters import _checks, _prune


def ste(counts: Counts, *, decay: Scalar = 0.0) -> MaskUpdater:
  """Builds masks of largest |w| with a straight-through gradient.

  All weights w are stored and trained. The loss sees w m, m holding the
  `counts` weights of largest |w| in each layer, and w is moved by

    dL/d(w m) + decay (1 - m) w,

  the gradient at the masked weights, as if masking had been the identity
  (Bengio, Leonard and Courville 2013, "Estimating or Propagating Gradients
  Through Stochastic Neurons"). Every mask step recomputes m, after the
  optimiser's step; m is fixed after the last.

  With `decay` 0 this is how Wortsman, Farhadi and Rastegari 2019, "Discovering
  Neural Wirings", find a sparse network (algorithm 1 and section 2.4); above 0
  it is the sparse-refined term of Zhou et al. 2021, "Learning N:M Fine-grained
  Structured Sparse Neural Networks From Scratch", which keeps masks from
  flickering.

  **Use it** as the reference of what masks that may change on every step
  reach, at dense cost of memory.

  >>> updater = js.ste(counts)
  >>> tx = js.sparsify(
  ...   optax.sgd(0.1), updater, key=key, stop_step=1000, update_interval=1
  ... )

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    decay: of the weights outside the masks, not below 0; may be traced.

  Raises:
    ValueError: `decay` is negative or not finite.

  **Deviations**: both papers make m anew on every step, which here is
  `update_interval` 1 and `stop_fraction` 1, and a smaller cost for more. The
  optimiser keeps its statistics of all weights, inside m or not.
  """
  _checks.check_not_negative('decay', decay)

  def init(params, *, key, probe=None):
    _checks.check_counts(params, counts)
    return MaskState(_prune.largest(params, counts))

  def update(grads, state, params, *, step, key):
    return params, state._replace(masks=_prune.largest(params, counts))

  def regularise(grads, state, params, *, step, key):
    def add(grad: Array, mask: Array, param: Array) -> Array:
      rate = jnp.asarray(decay, param.dtype)
      return grad + jnp.where(mask, jnp.zeros_like(param), rate * param)

    return map_masks(
      add, grads, state.masks, params, exempt=lambda grad, _: grad
    )

  return MaskUpdater(
    init=init,
    update=update,
    trained=_everything,
    regularise=regularise,
    facts=Facts(
      step_on_update=True,
      masks_only=True,
      trained_counts=lambda params: map_masks(
        lambda p, _: p.size, params, counts
      ),
    ),
  )


def _everything(state: MaskState) -> Masks:
  return jax.tree.map(jnp.ones_like, state.masks)
