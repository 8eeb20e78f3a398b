"""The state of a training run from step to step, and its hyperparameters."""

from typing import Any, NamedTuple

import jax

from jaxsparse.core.types import Counts, MaskState, Params, PyTree


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


class Member(NamedTuple):
  """The traced hyperparameters of one run: data, never compiled in.

  Attributes:
    key: the root PRNG key; every key is a named stream of it, at a step.
    counts: active weights of each masked leaf, int32 scalars.
    optimizer: traced floats by name (`learning_rate`, `weight_decay`, ...).
    updater: traced floats by name (`drop_fraction`, ...).
    init: traced floats by name (`scale`, ...).
  """

  key: jax.Array
  counts: Counts
  optimizer: dict[str, Any]
  updater: dict[str, Any]
  init: dict[str, Any]
