"""Top-KAST: the largest weights act, and a wider set of them is trained."""

from typing import NamedTuple

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
  Params,
  Scalar,
)
from jaxsparse.updaters import _checks, _prune


class TopKASTState(NamedTuple):
  """The backward set, True where the optimiser may move; `None`: exempt."""

  backward: Masks


def topkast(
  counts: Counts,
  *,
  exploration: Scalar = 0.1,
  penalty: Scalar = 1e-4,
) -> MaskUpdater:
  """Builds Top-KAST (Jayakumar et al. 2020).

  "Top-KAST: Top-K Always Sparse Training". On a mask step each layer of N
  weights recomputes two sets from its stored weights w, after the optimiser's
  step (section 2.1):

  * A, the n of largest |w|, n being its count. The loss sees w on A, 0
    elsewhere.
  * B, the n + floor(exploration (N - n)) of largest |w|, which holds A. The
    optimiser moves w on B by the gradient at the weights of the loss (section
    2.2), and leaves all others unchanged.

  A weight in B and not in A can so grow into A, and one that leaves B keeps its
  value. The penalty (section 2.4, the exploration loss) makes weights leave and
  others enter; its gradient is

    penalty w on A,    penalty w / D on B without A,    D = n / N.

  **Use it** where weights outside the masks shall keep their values and may
  come back.

  >>> updater = js.topkast(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key, stop_step=1000)

  Args:
    counts: the size of A in each leaf, ints or traced int32; `None` where a
      leaf is exempt.
    exploration: of the weights outside A, the fraction that B has, in [0, 1];
      may be traced. A paper's "forward 90 %, backward 80 %" is 0.1 / 0.9.
    penalty: not below 0; may be traced. It is weight decay; give the optimiser
      none beside it.

  Raises:
    ValueError: an argument is out of range.

  **Deviations**: the penalty is taken as L2, of the gradient above; the paper
  writes it with |w| and lets the norm be any. Optimiser statistics of a weight
  that leaves or enters B start anew. The paper goes on to the end
  (`stop_fraction` 1), making the sets anew on every step or, with no loss, on
  every 100th (section 3.1). Masks taken from another run are A until the first
  mask step; B then holds them too.
  """
  _checks.check_fraction('exploration', exploration)
  _checks.check_not_negative('penalty', penalty)

  def wider(param: Array, count: int | Array) -> Array:
    rest = jnp.asarray(param.size - count, jnp.int32)
    extra = jnp.floor(jnp.float32(exploration) * rest.astype(jnp.float32))
    return count + jnp.minimum(extra.astype(jnp.int32), rest)

  def trained_counts(params: Params) -> Counts:
    return map_masks(wider, params, counts)

  def sets(params: Params) -> MaskState:
    backward = _prune.largest(params, trained_counts(params))
    return MaskState(_prune.largest(params, counts), TopKASTState(backward))

  def init(params, *, key, probe=None):
    _checks.check_counts(params, counts)
    return sets(params)

  def update(grads, state, params, *, step, key):
    return params, sets(params)

  def regularise(grads, state, params, *, step, key):
    def add(grad: Array, mask: Array, param: Array, count: int | Array):
      density = jnp.maximum(jnp.float32(count), 1.0) / param.size
      inside = jnp.float32(penalty)
      rate = jnp.where(mask, inside, inside / density)
      return grad + rate.astype(param.dtype) * param

    return map_masks(
      add, grads, state.masks, params, counts, exempt=lambda grad, *_: grad
    )

  return MaskUpdater(
    init=init,
    update=update,
    trained=_trained,
    regularise=regularise,
    facts=Facts(
      step_on_update=True,
      masks_only=True,
      stores_all=True,
      trained_counts=trained_counts,
    ),
  )


def _trained(state: MaskState) -> Masks:
  return jax.tree.map(jnp.logical_or, state.masks, state.inner.backward)
