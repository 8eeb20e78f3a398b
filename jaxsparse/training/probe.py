"""Measurement of the loss's gradient, outside of training."""

import math
from collections.abc import Callable

import jax
import numpy as np

from jaxsparse.analysis.gradient_flow import GradientFlow, flow_of_gradient
from jaxsparse.core.types import PyTree
from jaxsparse.training.ahead import Program, Threads
from jaxsparse.training.rematerialisation import rematerialised
from jaxsparse.training.task import Task

# XLA's CPU convolutions take several times longer for an example of a large
# batch than for one of a batch like those of training.
_MOST_CONVOLVED = 128


class GradientProbe:
  """A measurement of gradient flow; it changes nothing.

  Args:
    task: the model with its loss, which is taken in training mode.
    batch_of: `(data, indices [b]) -> batch`, part of the program; `data` is
      resident on the device and passed as an argument.
    dispatch: that of the train steps. Under 'step' the examples are taken in
      parts of like size, at most 128, and the gradients averaged: statistics
      of a batch, as BatchNorm's, are those of a part.
    rematerialise: that of the train steps, see `Recipe`.
  """

  def __init__(
    self,
    task: Task,
    batch_of: Callable[[PyTree, jax.Array], PyTree],
    *,
    dispatch: str,
    rematerialise: bool = False,
  ):
    self._dispatch = dispatch

    def probe(share, params, model_state, key, data, indices):
      def loss(params):
        batch = batch_of(data, indices)
        return task.loss(params, model_state, batch, key=key, train=True)[0]

      objective = rematerialised(loss) if rematerialise else loss
      weighted = jax.value_and_grad(objective)(params)
      return jax.tree.map(lambda x: x * share.astype(x.dtype), weighted)

    def flow(parts, masks):
      loss, grads = jax.tree.map(lambda *x: sum(x[1:], start=x[0]), *parts)
      return flow_of_gradient(loss, grads, masks)

    self._probe, self._flow = Program(probe), Program(flow)

  def ahead(
    self,
    threads: Threads,
    params: PyTree,
    masks: PyTree,
    model_state: PyTree,
    key: jax.Array,
    data: PyTree,
    indices: np.ndarray,
  ) -> None:
    """Compiles the programs in threads, see `training.ahead`."""
    first, *_ = parts = self._parts(indices)
    arguments = params, model_state, key, data, first
    self._probe.ahead(threads, np.float32(1), *arguments)
    device = jax.tree.leaves(params)[0].sharding
    loss = jax.ShapeDtypeStruct((), np.float32, sharding=device)
    self._flow.ahead(threads, [(loss, params)] * len(parts), masks)

  def __call__(
    self,
    params: PyTree,
    masks: PyTree,
    model_state: PyTree,
    key: jax.Array,
    data: PyTree,
    indices: np.ndarray,
  ) -> GradientFlow:
    """Measures the flow on the examples `indices`, which are on the host.

    `params` are 0 outside the masks.
    """
    parts = []
    for part in self._parts(indices):
      share = np.float32(len(part) / len(indices))
      weighted = self._probe(share, params, model_state, key, data, part)
      # One at a time, or on CPU they get in each other's way.
      parts.append(jax.block_until_ready(weighted))
    return self._flow(parts, masks)

  def _parts(self, indices: np.ndarray) -> list[np.ndarray]:
    most = _MOST_CONVOLVED if self._dispatch == 'step' else len(indices)
    return np.array_split(indices, math.ceil(len(indices) / most))
