"""The interfaces of losses, criteria and sparse-training methods.

A *mask tree* has the tree structure of the params it belongs to. A leaf is a
bool array of the parameter's shape (True = active), or `None` where the leaf
is not subject to sparsity. A *counts tree* has the same structure: the number
of active weights of each masked leaf (an int, or a traced int32), or `None`.

A sparse-training method is a `MaskUpdater`: a NamedTuple of pure functions,
built by a function named like its file in `jaxsparse.updaters`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import jax

PyTree = Any
Params = PyTree
Masks = PyTree
Counts = PyTree
Scores = PyTree
Path = str
Shape = tuple[int, ...]
Scalar = float | jax.Array
Invariant = Literal[
  'per_leaf', 'total', 'scheduled', 'scheduled_total', 'dense'
]
MaskSteps = Literal['all', 'first', 'none']
# A number of a run is a float32, as the learning rate.
LARGEST = 2.0**127


class SparsityError(ValueError):
  """A sparsity that is not in [0, 1), or that a distribution cannot meet.

  >>> js.erk(params, 1.0)
  Traceback (most recent call last):
  jaxsparse.core.types.SparsityError: sparsity 1.0: accepted is [0, 1)
  """


class Loss(Protocol):
  """A loss: `(params, model_state, batch, *, key, train)`.

  Returns `(loss, (model_state, logits))`, loss a float scalar. One that takes
  the keyword `temperature` divides by it the logits that it is taken of.
  """

  def __call__(
    self,
    params: Params,
    model_state: PyTree,
    batch: PyTree,
    *,
    key: jax.Array,
    train: bool,
  ) -> tuple[jax.Array, tuple[PyTree, jax.Array]]: ...


class Probe(NamedTuple):
  """The inputs of scoring at initialisation.

  >>> probe = js.Probe(loss, [batch], apply)
  >>> state = js.grasp(counts).init(params, key=key, probe=probe)

  Attributes:
    loss: `(params, batch) -> scalar`, the mean over the batch, in training
      mode; new model statistics are discarded. Methods with a temperature need
      one that takes the keyword `temperature`, and divides its logits by it.
    batches: batches, each what `loss` takes; or an array, whose rows are what
      `loss` takes, say positions in a data set.
    apply: `(params, inputs) -> outputs`, for scores that need no data.
    inputs: the shape and dtype of what `apply` takes, say of one example: an
      array or a `jax.ShapeDtypeStruct`.
  """

  loss: Callable[..., jax.Array] | None = None
  batches: Sequence[PyTree] | jax.Array = ()
  apply: Callable[[Params, jax.Array], jax.Array] | None = None
  inputs: jax.Array | jax.ShapeDtypeStruct | None = None


class Criterion(Protocol):
  """Scores of whole trees; higher is kept or grown first.

  `grads` is what the criterion names: the dense gradient, a momentum, Hg.
  """

  def __call__(
    self, params: Params, grads: PyTree, *, key: jax.Array
  ) -> Scores: ...


class MaskState(NamedTuple):
  """The masks, and the method's own NamedTuple (or `()`).

  >>> state = js.MaskState(js.random_masks(params, counts, key=key))
  """

  masks: Masks
  inner: PyTree = ()


def _observe(
  grads: PyTree,
  state: MaskState,
  params: Params,
  *,
  step: int | jax.Array,
  key: jax.Array,
) -> MaskState:
  """Returns `state` unchanged: the default `observe`."""
  del grads, params, step, key
  return state


def _trained(state: MaskState) -> Masks:
  """Returns the masks: by default the optimiser moves the active weights."""
  return state.masks


def _regularise(
  grads: PyTree,
  state: MaskState,
  params: Params,
  *,
  step: int | jax.Array,
  key: jax.Array,
) -> PyTree:
  """Returns the gradient of the loss unchanged: the default `regularise`."""
  del state, params, step, key
  return grads


class Times(NamedTuple):
  """The mask steps that the decay or ramp of a method was built with.

  Those of `core.schedules`; `None`, or traced, where any will do.
  """

  start_step: int | jax.Array | None = None
  stop_step: int | jax.Array | None = None
  update_interval: int | None = None


class Facts(NamedTuple):
  """What a method declares about itself.

  >>> js.Facts(step_on_update=True, masks_only=True).invariant
  'per_leaf'

  Attributes:
    invariant: the invariant that the contract test checks. `per_leaf`: active
      weights of each leaf are constant. `total`: their sum is. `scheduled`:
      active weights never increase and end at the counts. `scheduled_total`:
      those of no leaf increase, and their sum ends at that of the counts.
      `dense`: all active.
    mask_steps: which of the run's mask steps the method takes. `all`: every
      one. `first`: that at `start_step` alone (one-shot pruning). `none`: its
      masks are fixed, and `update` is never called. Steps that it does not
      take are ordinary ones.
    times: the mask steps that its decay or ramp was built with. A loop with
      other mask steps is refused.
    step_on_update: whether the optimiser steps on a mask step too.
    masks_only: whether `update` changes masks alone: the params that it returns
      are those it got, and 0 where the new masks of `trained`, or the old ones,
      have no weight. A loop of the user's own is quicker then.
    stores_all: whether weights outside `trained` keep their stored values, and
      may come back with them (Top-KAST). Otherwise they are stored as 0.
    scores_at_init: whether the masks follow from scores of the weights that
      `init` gets, so that a run takes those of no other run.
    extra: active weights beyond the counts, of an invariant on their sum.
    dense_batches: for how many batches up to a mask step, inclusive,
      the method reads the gradient of weights that are not `trained`; `None`
      if on every step. FLOPs of training are counted by it.
    scheduled: `(params, step) -> counts`, of a method that prunes step by step
      to counts that are known beforehand: the active weights of each leaf
      after a mask step at `step`, and at -1 those that it starts with. `step`
      may be traced; of `params` the shapes are looked at. Where layers are
      ranked together, what each would have by itself.
    trained_counts: `params -> counts` of what `trained` holds, where that is
      not the masks and always so many weights.

  `scheduled` and `trained_counts` let a plan state the cost of a run
  beforehand; without them it is known only after the run.
  """

  invariant: Invariant = 'per_leaf'
  mask_steps: MaskSteps = 'all'
  times: Times = Times()
  step_on_update: bool = False
  masks_only: bool = False
  stores_all: bool = False
  scores_at_init: bool = False
  extra: int = 0
  dense_batches: int | None = 0
  scheduled: Callable[[Params, int | jax.Array], Counts] | None = None
  trained_counts: Callable[[Params], Counts] | None = None


class MaskUpdater(NamedTuple):
  """A sparse-training method.

  >>> def init(params, *, key, probe=None):
  ...   return js.MaskState(js.random_masks(params, counts, key=key))
  >>> def update(grads, state, params, *, step, key):
  ...   return params, state
  >>> updater = js.MaskUpdater(init, update, facts=js.Facts(mask_steps='none'))

  Attributes:
    init: `(params, *, key, probe=None) -> MaskState`. Iterations at
      initialisation run inside. `ValueError` if a needed probe is `None`.
    update: `(grads, state, params, *, step, key) -> (params, MaskState)`,
      called on mask steps. `grads` is the dense gradient of the loss at the
      masked params.
    observe: `(grads, state, params, *, step, key) -> MaskState`, called every
      step with the dense gradient, before the optimiser.
    trained: `state -> masks` of what the optimiser may move.
    regularise: `(grads, state, params, *, step, key) -> grads` that the
      optimiser gets on every step that it takes: the dense gradient with
      what the method adds to it, a penalty's gradient or noise. `observe` and
      `update` see the gradient without.
    momenta: `(grads, state) -> tree` of the params' structure: the momentum
      that grown weights start with; `state` is that before the mask step.
      Default: what the optimiser starts with. An optimiser without a momentum
      of gradients is refused.
    pruned: `(grads, state, params, *, step, key) -> masks`, of a method that
      prunes before it drops and grows: the weights of `trained` that the
      pruning leaves. One that it prunes and `update` grows again is new: it
      starts at 0, and its statistics where the optimiser starts them. Default:
      nothing is pruned first, and a weight that is dropped and grown in one
      update is left alone.
    facts: what the method declares.

  Where `trained` is the default, stored params equal
  `masks.apply_masks(params, state.masks)` at all times.
  """

  init: Callable[..., MaskState]
  update: Callable[..., tuple[Params, MaskState]]
  observe: Callable[..., MaskState] = _observe
  trained: Callable[[MaskState], Masks] = _trained
  regularise: Callable[..., PyTree] = _regularise
  momenta: Callable[[PyTree, MaskState], PyTree] | None = None
  pruned: Callable[..., Masks] | None = None
  facts: Facts = Facts()

  def __repr__(self) -> str:
    """Returns what the method declares beyond the defaults, in a line."""
    default = Facts()._asdict()
    declared = ', '.join(
      f'{name}={value!r}'
      for name, value in self.facts._asdict().items()
      if value != default[name] and not callable(value)
    )
    return f'MaskUpdater({declared})'
