"""Methods of a user's own, which know of the library what is public."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core import masks, prng
from jaxsparse.core.drop_grow import carry_over
from jaxsparse.core.types import Facts, MaskState, MaskUpdater


class _Seen(NamedTuple):
  batches: jax.Array


def own_object(counts, *, temperature=1.0):
  """Scores at init, draws afresh on every mask step, counts the batches."""

  def init(params, *, key, probe=None):
    if probe is None:
      raise ValueError('own_object needs a probe')
    grads = jax.grad(probe.loss)(params, probe.batches[0])

    def score(grad, leaf_key):
      noise = jax.random.uniform(leaf_key, grad.shape, grad.dtype)
      return jnp.abs(grad) + jnp.asarray(temperature, grad.dtype) * noise

    noisy = jax.tree.map(score, grads, prng.leaf_keys(key, params))
    largest = masks.map_masks(
      lambda s, n: s >= jnp.sort(s, axis=None)[s.size - n], noisy, counts
    )
    return MaskState(largest, _Seen(jnp.int32(0)))

  def observe(grads, state, params, *, step, key):
    return state._replace(inner=_Seen(state.inner.batches + 1))

  def update(grads, state, params, *, step, key):
    new = masks.random_masks(params, counts, key=key)
    return carry_over(params, state.masks, new), state._replace(masks=new)

  return MaskUpdater(
    init=init,
    observe=observe,
    update=update,
    facts=Facts(masks_only=True),
  )


def own_total(counts):
  """Moves a weight or two from one layer to another on every mask step."""

  def draw(params, moved, key):
    first = counts['first'] | {'kernel': counts['first']['kernel'] + moved}
    second = counts['second'] | {'kernel': counts['second']['kernel'] - moved}
    shifted = counts | {'first': first, 'second': second}
    return masks.random_masks(params, shifted, key=key)

  def init(params, *, key, probe=None):
    return MaskState(draw(params, 0, key))

  def update(grads, state, params, *, step, key):
    new = draw(params, step % 4 // 2 + 1, key)
    return carry_over(params, state.masks, new), MaskState(new)

  return MaskUpdater(
    init=init,
    update=update,
    facts=Facts(invariant='total', step_on_update=True),
  )
