"""Checks of a method in training loops."""

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core import masks as masking
from jaxsparse.core import prng
from jaxsparse.optim.masked import forward_params, stored_params
from jaxsparse.optim.sparsify import sparsify
from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.testing.case import Case
from jaxsparse.testing.require import require, require_equal

STEPS = 12
_VALUE_AND_GRAD = jax.jit(
  lambda loss, params, batch: jax.value_and_grad(loss)(params, batch),
  static_argnums=0,
)


def update_is_called_at_the_mask_steps_that_the_method_takes(
  case: Case,
) -> None:
  """Counts the calls in a loop with `sparsify`; a call does nothing else."""
  called: list[int] = []

  def update(grads, state, params, *, step, key):
    jax.debug.callback(lambda t: called.append(int(t)), step)
    return params, state

  tx = sparsify(
    optax.sgd(0.02),
    case.updater._replace(update=update),
    key=jax.random.key(0),
    probe=case.probe,
    **case.plan,
  )

  @jax.jit
  def run(state):
    grads = jax.tree.map(jnp.ones_like, case.params)
    return jax.lax.scan(
      lambda state, _: (tx.update(grads, state, case.params)[1], None),
      state,
      length=STEPS,
    )[0]

  state = jax.block_until_ready(run(tx.init(case.params)))
  jax.effects_barrier()
  require(
    int(state.step) == STEPS and called == list(case.taken),
    f'in a loop of {int(state.step)} steps update is called at {called};'
    f' promised by facts.mask_steps {case.updater.facts.mask_steps!r} is'
    f' {list(case.taken)} of {STEPS}',
  )


def a_short_training_run_lowers_the_loss(
  case: Case, tx: optax.GradientTransformation | None = None
) -> None:
  """Trains without jit, so that methods share their compiled programs.

  Args:
    case: the method.
    tx: the optimiser; SGD with a momentum by default.
  """
  tx = optax.sgd(0.02, momentum=0.9) if tx is None else tx
  updater, losses = case.updater, []
  state = case.first_moment(jax.random.key(0))[0]
  params = stored_params(updater, case.params, state)
  opt_state = tx.init(params)
  for step in range(STEPS):
    value, grads = _VALUE_AND_GRAD(
      case.probe.loss,
      forward_params(updater, params, state),
      case.probe.batches[0],
    )
    changes = step in case.taken
    params, opt_state, state = (mask_step if changes else optimiser_step)(
      *(tx, updater, grads, opt_state, state, params),
      step=step,
      key=prng.at(jax.random.key(0), step),
    )
    losses.append(float(value))
    require_equal(
      params,
      stored_params(updater, params, state),
      f'stored params after step {step}',
    )
  require(
    losses[-1] < losses[0],
    f'the loss is {losses[0]:.4g} at step 0 and {losses[-1]:.4g} at step'
    f' {STEPS - 1}; promised is a lower one',
  )
  if updater.facts.invariant != 'dense':
    active = sum(masking.active_by_path(state.masks).values())
    require(
      active == sum(jax.tree.leaves(case.counts)),
      f'after training {active} weights are active; promised are'
      f' {sum(jax.tree.leaves(case.counts))}',
    )
