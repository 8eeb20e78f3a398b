"""Measurement of the loss's gradient, outside of training."""

import math
from collections.abc import Callable

import jax
import numpy as np

from jaxsparse.analysis.gradient_flow import GradientFlow, flow_of_gradient
from jaxsparse.core.types import PyTree
from jaxsparse.training.task import Task

# XLA's CPU convolutions take several times longer for an example of a large
# batch than for one of a batch like those of training.
_MOST_CONVOLVED = 128


def make_probe(
  task: Task,
  batch_of: Callable[[PyTree, jax.Array], PyTree],
  *,
  dispatch: str,
) -> Callable[..., GradientFlow]:
  """Builds a function that measures gradient flow; it changes nothing.

  Args:
    task: the model with its loss, which is taken in training mode.
    batch_of: `(data, indices [b]) -> batch`, part of the program; `data` is
      resident on the device and passed as an argument.
    dispatch: that of the train steps. Under 'step' the examples are taken in
      parts of like size, at most 128, and the gradients averaged: statistics
      of a batch, as BatchNorm's, are those of a part.

  Returns:
    `(params, masks, model_state, key, data, indices [n]) -> GradientFlow`,
    compiled when first called; `params` are 0 outside the masks, `indices` are
    on the host.
  """

  @jax.jit
  def probe(share, params, model_state, key, data, indices):
    def loss(params):
      batch = batch_of(data, indices)
      return task.loss(params, model_state, batch, key=key, train=True)[0]

    weighted = jax.value_and_grad(loss)(params)
    return jax.tree.map(lambda x: x * share.astype(x.dtype), weighted)

  @jax.jit
  def flow(parts, masks):
    loss, grads = jax.tree.map(lambda *x: sum(x[1:], start=x[0]), *parts)
    return flow_of_gradient(loss, grads, masks)

  def run(params, masks, model_state, key, data, indices):
    most = _MOST_CONVOLVED if dispatch == 'step' else len(indices)
    split = np.array_split(indices, math.ceil(len(indices) / most))
    parts = []
    for part in split:
      share = np.float32(len(part) / len(indices))
      weighted = probe(share, params, model_state, key, data, part)
      # One at a time, or on CPU they get in each other's way.
      parts.append(jax.block_until_ready(weighted))
    return flow(parts, masks)

  return run
