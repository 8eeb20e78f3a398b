"""`topk_mask` against an argsort and a threshold."""

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.benchmarks.harness import Comparison
from jaxsparse.benchmarks.nets import random_scores
from jaxsparse.core.topk import topk_mask

# Weights -> (aim, rounds); a tenth of them is kept.
_SIZES = {235_200: (40, 21), 2_359_296: (60, 11), 25_557_032: (15, 3)}


def topk() -> list[Comparison]:
  """Compares at the sizes of a layer of LeNet, of ResNet-50, and all of it."""
  return [_compare(size, *rest) for size, rest in _SIZES.items()]


def argsort_mask(scores: Array, k: Array) -> Array:
  """Selects the top k scores by a stable argsort; ties as in `topk_mask`."""
  order = jnp.argsort(-scores.ravel(), stable=True)
  rank = jnp.zeros_like(order).at[order].set(jnp.arange(order.size))
  return (rank < k).reshape(scores.shape)


def threshold_mask(scores: Array, k: Array) -> Array:
  """Selects scores above the k-th of an argsort: not exact where scores tie."""
  flat = scores.ravel()
  order = jnp.argsort(flat)
  return scores >= flat[order[flat.size - k]]


def _compare(size: int, aim: float, rounds: int) -> Comparison:
  scores = random_scores((size,), 'scores')
  k = jnp.int32(size // 10)
  base = jax.jit(threshold_mask)
  ours, twin = jax.jit(topk_mask), jax.jit(lambda s, k: topk_mask(s, k))
  return Comparison(
    f'top-k of {size:,} weights, against argsort',
    lambda: base(scores, k).block_until_ready(),
    lambda: ours(scores, k).block_until_ready(),
    lambda: twin(scores, k).block_until_ready(),
    aim=aim,
    speedup=True,
    rounds=rounds,
  )
