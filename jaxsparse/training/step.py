"""The two steps of a run: the train step and the mask step.

Both are `(state, member, batch) -> (state, metrics)` and share everything but
the transition of `jaxsparse.optim.transition` that they apply. They do not
depend on populations, loops or devices.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.core import prng
from jaxsparse.core.controls import with_signs
from jaxsparse.core.masks import active
from jaxsparse.core.types import Masks, Params, Probe, PyTree
from jaxsparse.optim.masked import forward_params, stored_params
from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.training import anchors, micro_batches
from jaxsparse.training.rematerialisation import rematerialised
from jaxsparse.training.state import Member, Recipe, TrainState

Metrics = dict[str, jax.Array]
Step = Callable[[TrainState, Member, PyTree], tuple[TrainState, Metrics]]


def train_step(recipe: Recipe) -> Step:
  """Builds the step that moves weights: one batch, one optimiser step."""
  return _step(recipe, optimiser_step)


def mask_update_step(recipe: Recipe) -> Step:
  """Builds the step that changes masks; it adds two trees to the metrics.

  `churn` is the fraction of each leaf's weights, active before, that are not
  active after, and `layer_active` the number of those that are.
  """
  base = _step(recipe, functools.partial(mask_step, regrown=recipe.regrown))

  def step(state, member, batch):
    old = state.mask_state.masks
    state, metrics = base(state, member, batch)
    new = state.mask_state.masks
    trees = {'churn': churn(old, new), 'layer_active': active(new)}
    return state, metrics | trees

  return step


def _step(recipe: Recipe, transition: Callable[..., Any]) -> Step:
  def step(state, member, batch):
    updater = recipe.updater(member)
    tx = recipe.optimiser(member, state.step)
    batch = recipe.augment(batch, prng.at(member.stream('augment'), state.step))
    key = prng.at(member.stream('dropout'), state.step)
    seen = forward_params(updater, state.params, state.mask_state)
    gradient = _gradient(recipe, member, seen, state.mask_state.masks)
    model_state, (grads, metrics) = micro_batches.mean(
      gradient, recipe.accumulation, state.model_state, batch, key
    )
    params, opt_state, mask_state = transition(
      tx,
      updater,
      grads,
      state.opt_state,
      state.mask_state,
      state.params,
      step=state.step,
      key=prng.at(member.stream('masks'), state.step),
    )
    new = TrainState(state.step + 1, params, model_state, opt_state, mask_state)
    return new, metrics

  return step


def _gradient(
  recipe: Recipe, member: Member, seen: Params, masks: Masks
) -> micro_batches.OfBatch:
  """Returns the function of the gradient at `seen`, and of the metrics."""
  loss: Callable[..., Any] = functools.partial(recipe.loss, train=True)
  if recipe.rematerialise:
    loss = rematerialised(loss)

  def objective(seen, model_state, batch, key):
    value, out = loss(seen, model_state, batch, key=key)
    if not recipe.anchors:
      return value, (value, out)
    nets: Any = member.anchors
    pull = anchors.penalty(recipe.anchors, nets, seen, masks)
    return value + pull, (value, out)

  def gradient(model_state, batch, key):
    (_, (value, (model_state, logits))), grads = jax.value_and_grad(
      objective, has_aux=True
    )(seen, model_state, batch, key)
    metrics = {'loss': value, 'accuracy': accuracy(logits, batch['label'])}
    return model_state, (grads, metrics)

  return gradient


def accuracy(logits: jax.Array, labels: jax.Array) -> jax.Array:
  """Returns the fraction of labels that have the highest logit, in [0, 1]."""
  return jnp.mean(jnp.argmax(logits, axis=-1) == labels, dtype=jnp.float32)


def churn(old: PyTree, new: PyTree) -> PyTree:
  """Returns by leaf the fraction of `old`'s active weights dropped in `new`."""

  def one(o, n):
    before = jnp.sum(o, dtype=jnp.int32)
    dropped = jnp.sum(o & ~n, dtype=jnp.int32)
    return dropped.astype(jnp.float32) / jnp.maximum(before, 1)

  return jax.tree.map(one, old, new)


def initial_state(
  recipe: Recipe,
  member: Member,
  params: PyTree,
  model_state: PyTree,
  reinitialise: Callable[..., PyTree],
  probe: Probe | None = None,
  masks: Masks | None = None,
  *,
  scored: PyTree | None = None,
  signs: PyTree | None = None,
) -> TrainState:
  """Builds the state at step 0.

  Args:
    recipe: the run's functions.
    member: its numbers.
    params: freshly initialised, or taken from a checkpoint.
    model_state: the model's other collections.
    reinitialise: `(params, masks, *, key, **member.init) -> params`, one of
      `core.initialisation`.
    probe: what methods that score at initialisation may use.
    masks: masks to start with instead of those of the method.
    scored: weights that the method looks at instead of `params`.
    signs: weights of another net, whose signs the initial ones get.
  """
  updater = recipe.updater(member)
  mask_state = updater.init(
    params if scored is None else scored,
    key=member.stream('initial_masks'),
    probe=probe,
  )
  if masks is not None:
    mask_state = mask_state._replace(masks=masks)
  params = reinitialise(
    params,
    mask_state.masks,
    key=member.stream('sparse_init'),
    **member.init,
  )
  if signs is not None:
    params = with_signs(params, signs, mask_state.masks)
  params = stored_params(updater, params, mask_state)
  opt_state = recipe.optimiser(member, jnp.int32(0)).init(params)
  return TrainState(jnp.int32(0), params, model_state, opt_state, mask_state)
