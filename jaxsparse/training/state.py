"""The state of a training run, its hyperparameters, and its functions."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import optax

from jaxsparse.core import prng
from jaxsparse.core.types import (
  Counts,
  Loss,
  MaskState,
  MaskUpdater,
  Params,
  PyTree,
)

Augment = Callable[[PyTree, jax.Array], PyTree]


class TrainState(NamedTuple):
  """The state of one run; all of it is checkpointed.

  Attributes:
    step: int32 scalar; counts batches from 0, mask steps included.
    params: the stored params, 0 outside what may be trained.
    model_state: the model's other collections (BatchNorm statistics ...).
    opt_state: the Optax state; holds nothing that must survive a reset.
    mask_state: the masks and the method's inner state.
  """

  step: jax.Array
  params: Params
  model_state: PyTree
  opt_state: PyTree
  mask_state: MaskState


class Anchors(NamedTuple):
  """Nets that another is repelled by or drawn to.

  Attributes:
    weights: of the penalty of each, float32 [n]; 0 where there is no net.
    params: of the nets, stacked along a leading axis.
  """

  weights: jax.Array
  params: Params


class Member(NamedTuple):
  """The traced hyperparameters of one run: data, never compiled in.

  Attributes:
    key: the root PRNG key; every key is a named stream of it, at a step.
    counts: active weights of each masked leaf, int32 scalars.
    optimizer: traced floats by name (`learning_rate`, `weight_decay`, ...).
    updater: traced floats by name (`drop_fraction`, ...).
    init: traced floats by name (`scale`, ...).
    draws: random streams that are not at their first draw -> its number.
    anchors: of the penalty `Recipe.anchors`.
  """

  key: jax.Array
  counts: Counts
  optimizer: dict[str, Any]
  updater: dict[str, Any]
  init: dict[str, Any]
  draws: dict[str, Any] = {}
  anchors: Anchors | None = None

  def stream(self, name: str) -> jax.Array:
    """Derives the key of a random stream, see `core.prng`."""
    key = prng.stream(self.key, name)
    return prng.at(key, self.draws[name]) if name in self.draws else key


def as_it_is(batch: PyTree, key: jax.Array) -> PyTree:
  """Returns the batch without augmentation."""
  del key
  return batch


class Recipe(NamedTuple):
  """Definition of a run's steps, apart from the numbers in `Member`.

  Attributes:
    loss: see `core.types.Loss`; `batch` has a `label` entry.
    optimiser: `(member, step) -> tx`; the learning rate is a function of
      `step`, so that no schedule's count sits in the optimiser's state.
    updater: `member -> MaskUpdater`.
    augment: `(batch, key) -> batch`, for these two steps alone: scores,
      probes and methods that look at a batch before step 0 see it as it is.
    regrown: the moments of a regrown weight, one of `optim.regrown.REGROWN`;
      for `age`, `optimiser` returns one of `regrown.with_regrown`.
    anchors: the distance that a penalty is on, one of `anchors.DISTANCES`, or
      ''; what is logged is the loss without it.
    accumulation: micro-batches, whose gradients are averaged.
    rematerialise: whether most activations are computed again in the backward
      pass, not kept (`training.rematerialisation`).
  """

  loss: Loss
  optimiser: Callable[[Member, jax.Array], optax.GradientTransformation]
  updater: Callable[[Member], MaskUpdater]
  augment: Augment = as_it_is
  regrown: str = 'zero'
  anchors: str = ''
  accumulation: int = 1
  rematerialise: bool = False
