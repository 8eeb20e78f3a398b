"""Diagonals of the curvature of a loss, over the masked leaves."""

import jax
import jax.numpy as jnp

from jaxsparse.core import gradients, prng
from jaxsparse.core.gradients import Objective
from jaxsparse.core.types import PyTree


def fisher_diagonal(at: Objective) -> PyTree:
  """Returns the mean square of each example's gradient: the empirical Fisher.

  Each example is a batch of one, so the loss must be the mean of the examples'
  losses: statistics of a batch, as BatchNorm's in training, would be of one.
  """

  def squares(weights, params, batch):
    def add(sums, index):
      one = jax.tree.map(
        lambda x: jax.lax.dynamic_slice_in_dim(x, index, 1), batch
      )
      grads = jax.grad(at.loss)(weights, params, one)
      return jax.tree.map(lambda s, g: s + g * g, sums, grads), None

    size = gradients.examples(batch)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    sums, _ = jax.lax.scan(add, zeros, jnp.arange(size))
    return jax.tree.map(lambda s: s / size, sums)

  return gradients.total(squares, at, at.weights, at.params)


def hessian_diagonal(at: Objective, *, key: jax.Array, samples: int) -> PyTree:
  """Estimates the diagonal of the Hessian (Bekas, Kokiopoulou and Saad 2007).

  The mean of v (Hv) over random signs v, whose expectation is the diagonal: the
  variance of an entry is that of the other entries of its row, squared and
  summed, over `samples`.
  """

  def add(sample, sums):
    signs = _signs(prng.at(key, sample), at.weights)
    product = gradients.hessian_product(at, signs)
    return jax.tree.map(lambda s, v, h: s + v * h, sums, signs, product)

  zeros = jax.tree.map(jnp.zeros_like, at.weights)
  sums = jax.lax.fori_loop(0, samples, add, zeros)
  return jax.tree.map(lambda s: s / samples, sums)


def _signs(key: jax.Array, tree: PyTree) -> PyTree:
  def draw(leaf, leaf_key):
    positive = prng.uniform(leaf_key, leaf.shape) < 0.5
    return jnp.where(positive, 1, -1).astype(leaf.dtype)

  return jax.tree.map(draw, tree, prng.leaf_keys(key, tree))
