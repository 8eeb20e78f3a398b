"""Top-5 accuracy: the share of labels among the five highest logits."""

import jax
import jax.numpy as jnp

from jaxsparse.core.metric import Metric


def top5() -> Metric:
  """Returns the share of labels among the five highest logits, in [0, 1].

  Of equal logits those of lower classes count as higher, as in `jnp.argmax`.
  """
  return Metric('top5', 'top-5 accuracy', 100.0, '%', terms=_among_five)


def _among_five(
  logits: jax.Array, labels: jax.Array, losses: jax.Array
) -> jax.Array:
  del losses
  _, classes = jax.lax.top_k(logits, min(5, logits.shape[-1]))
  return jnp.any(classes == labels[..., None], axis=-1)
