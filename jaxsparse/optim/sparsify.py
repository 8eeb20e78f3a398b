"""Sparse training as an Optax transformation, for custom training loops.

    updater = rigl(counts, stop_step=7500)
    tx = sparsify(optax.adam(1e-3), updater, key=jax.random.key(0))
    state = tx.init(params)

    @jax.jit
    def train_step(params, state, batch):
      grads = jax.grad(loss)(sparsify_params(params, state), batch)
      updates, state = tx.update(grads, state, params)
      return optax.apply_updates(params, updates), state

    accuracy = evaluate(sparsify_params(params, state))

`sparsify_params` returns the params of the loss: 0 outside the masks. Take the
gradient *at* them, as above, not through them: growth needs the gradient of
inactive weights, and a gradient through the masks is 0 there.

An Optax `init` cannot change the parameters, so the stored ones are still
dense after it; the first `update` cuts them. From then on they are exactly 0
outside the masks (for a method that trains more weights than are active,
outside the trained ones), and `sparsify_params` returns them unchanged. With a
method that trains the active weights alone (all but `topkast` and `ste`) it is
enough to call it once, on the params before the first step: a small net saves
some percent of a step.

An ordinary step costs little more than Optax's: a branch computes masks alone
(`optim.either_step`). With `start_step` 0 it also copies the masks, as weights
that grow at step 0 may not be 0 yet.

The transformation must be the outermost one, for its updates also set pruned
weights to 0; put a clipping or a `MultiSteps` inside it, not around it. Its
order of events is that of `jaxsparse.optim.transition`. The masks are
`state.mask_state.masks`.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core import prng, schedules
from jaxsparse.core.align import map_aligned, same_containers
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import (
  Facts,
  MaskState,
  MaskUpdater,
  Params,
  Probe,
  PyTree,
  Times,
)
from jaxsparse.optim.either_step import either_step, ordinary_step
from jaxsparse.optim.frozen import check_moves
from jaxsparse.optim.masked import stored_params
from jaxsparse.optim.regrown import with_regrown
from jaxsparse.optim.reset import check_momentum
from jaxsparse.optim.supported import check_optimiser

# Steps between mask steps where nobody says: Evci et al. 2020, section 4.1.
UPDATE_INTERVAL = 100


class SparsifyState(NamedTuple):
  """The state of `sparsify`.

  >>> tx = js.sparsify(optax.sgd(0.1), js.static(counts), key=key)
  >>> state = tx.init(params)
  >>> masks = state.mask_state.masks

  Attributes:
    step: updates so far, mask steps included; an int32 scalar.
    mask_state: the masks and the inner state of the method.
    opt_state: the state of the optimiser.
  """

  step: jax.Array
  mask_state: MaskState
  opt_state: PyTree

  def __repr__(self) -> str:
    """Returns the step and the number of weights under masks, in a line."""
    leaves = jax.tree.leaves(self.mask_state.masks)
    weights = sum(mask.size for mask in leaves)
    masks = f'masks of {weights:,} weights in {len(leaves)} leaves'
    return f'SparsifyState(step={self.step}, {masks})'


def sparsify(
  tx: optax.GradientTransformation,
  updater: MaskUpdater,
  *,
  key: jax.Array,
  update_interval: int | None = None,
  start_step: int | None = None,
  stop_step: int | None = None,
  probe: Probe | None = None,
  regrown: str = 'zero',
) -> optax.GradientTransformation:
  """Returns `tx` under the masks of `updater`.

  >>> updater = js.rigl(counts, stop_step=750)
  >>> tx = js.sparsify(optax.adamw(1e-3), updater, key=key)
  >>> state = tx.init(params)

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts.
    updater: the sparse-training method.
    key: a PRNG key, `jax.random.key(seed)`; masks are drawn from its streams
      'initial_masks' and, at each step, 'masks'.
    update_interval: steps between mask steps, at least 1. Default: what the
      updater was made with, or 100.
    start_step: the first mask step. Of all mask steps, the method takes those
      that its `mask_steps` names. Default: the updater's, or 0.
    stop_step: masks change no more from this step on; above `start_step`,
      unless the method takes no mask steps. Default: the updater's. One with a
      decay or a ramp knows it, and is given no other.
    probe: the inputs of a method that scores at initialisation.
    regrown: the moments of a regrown weight, one of `regrown.REGROWN`; with
      `age`, `opt_state` is an `regrown.OwnAgeState`.

  Returns:
    A transformation whose `update(grads, state, params)` takes the dense
    gradient, at `sparsify_params(params, state)`, and needs the params. It
    works under `jit`, `scan` and `vmap` (under `vmap` both an ordinary step
    and a mask step are computed every time).

    `optax.apply_updates(params, updates)` is 0 outside the masks, exactly. A
    weight that the mask change leaves alone gets the update of `tx`; one that
    a method sets to another value gets there up to rounding.

  Raises:
    TypeError: `tx`, `updater` or `key` is not what it should be, or a step is
      no integer of the host.
    ValueError: a step is out of range, there is no mask step, `updater` was
      made with other steps, or its `mask_steps` or `regrown` is unknown. From
      `init`: `tx` is refused, or the method needs a probe and has none. From
      `update`: no params.
  """
  if not isinstance(updater, MaskUpdater):
    raise TypeError(f'updater is {updater!r}; accepted is a MaskUpdater')
  times = Times(start_step, stop_step, update_interval)
  window = _window(updater.facts, times)
  tx = with_regrown(tx, regrown)
  masks_key = prng.stream(key, 'masks')

  def init(params: Params) -> SparsifyState:
    check_optimiser(tx, params)
    initial_key = prng.stream(key, 'initial_masks')
    mask_state = updater.init(params, key=initial_key, probe=probe)
    if updater.facts.mask_steps != 'none':
      check_moves(tx, params, mask_state.masks)
    if updater.momenta is not None:
      check_momentum(tx, params, mask_state.masks)
    stored = stored_params(updater, params, mask_state)
    return SparsifyState(
      step=jnp.zeros([], jnp.int32),
      mask_state=mask_state,
      opt_state=tx.init(stored),
    )

  def update(
    grads: PyTree, state: SparsifyState, params: Params | None = None
  ) -> tuple[PyTree, SparsifyState]:
    if params is None:
      raise ValueError('update needs params: tx.update(grads, state, params)')
    grads = map_aligned(_widened, params, grads)
    if not same_containers(params, state.mask_state.masks):
      state = map_aligned(
        lambda _, leaf: leaf, jax.eval_shape(init, params), state
      )
    of_step = tx, updater, grads, state.opt_state, state.mask_state, params
    at_step: Any = {'step': state.step, 'key': prng.at(masks_key, state.step)}
    if updater.facts.mask_steps == 'none':
      results = ordinary_step(*of_step, **at_step)
    else:
      results = either_step(
        *of_step,
        **at_step,
        on_mask_step=schedules.is_mask_step(state.step, **window),
        may_be_dense=window['start_step'] == 0,
        regrown=regrown,
      )
    updates, opt_state, mask_state = results
    return updates, SparsifyState(state.step + 1, mask_state, opt_state)

  return optax.GradientTransformation(init, update)


def _window(facts: Facts, asked: Times) -> dict[str, int]:
  """Returns the mask steps of a loop, as `is_mask_step` takes them.

  What is not asked for is the method's; each is checked.
  """
  stop = _either(asked.stop_step, facts.times.stop_step)
  start = _either(asked.start_step, facts.times.start_step, 0)
  interval = _either(
    asked.update_interval, facts.times.update_interval, UPDATE_INTERVAL
  )
  if stop is None and facts.mask_steps == 'all':
    raise ValueError(
      'stop_step is None, and the method has none; accepted is the step from'
      ' which on masks change no more, sparsify(..., stop_step=750)'
    )
  start = schedules.host_step('start_step', start)
  # A method with one mask step, or none, needs no end.
  stop = schedules.host_step('stop_step', start + 1 if stop is None else stop)
  interval = schedules.host_step('update_interval', interval, 1)
  schedules.check_times(facts.times, Times(start, stop, interval))
  schedules.check_window(facts.mask_steps, start, stop)
  first, end = schedules.mask_window(facts.mask_steps, start, stop)
  return {
    'update_interval': interval,
    'start_step': first,
    'stop_step': end,
  }


def _either(*values: Any) -> Any:
  """Returns the first value that is not None; None if all are."""
  return next((value for value in values if value is not None), None)


def sparsify_params(params: Params, opt_state: SparsifyState) -> Params:
  """Returns the params for a loss, evaluation or export: 0 outside the masks.

  >>> tx = js.sparsify(optax.sgd(0.1), js.static(counts), key=key)
  >>> seen = js.sparsify_params(params, tx.init(params))

  Args:
    params: the stored parameters.
    opt_state: the state of a `sparsify` transformation.

  Raises:
    TypeError: `opt_state` is the state of something else.
  """
  if not isinstance(opt_state, SparsifyState):
    raise TypeError(
      f'opt_state is a {type(opt_state).__name__}; accepted is the state of'
      ' sparsify, the outermost transformation'
    )
  return apply_masks(params, opt_state.mask_state.masks)


def _widened(param: jax.Array, grad: jax.Array) -> jax.Array:
  """Promotes the gradient to a type no narrower than its parameter's.

  An update of float32 weights in bfloat16 would round, and miss 0.
  """
  return grad.astype(jnp.promote_types(grad.dtype, param.dtype))
