"""What sparsity costs a training step of LeNet-300-100, batch 128."""

import jax
import numpy as np
import optax

from jaxsparse.benchmarks import lenet
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.training.step import accuracy
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

_STEPS, _BATCH = 100, 128


def step() -> list[Comparison]:
  """Masked against dense, and RigL with its updates against static."""
  dense = _plain_dense()
  masked = [_run(lenet.setup(static, sparsity=0.98)) for _ in range(3)]
  moving = [
    _run(
      lenet.setup(rigl, sparsity=0.98, start_step=0, stop_step=10**9),
      update=True,
    )
    for _ in range(2)
  ]
  return [
    Comparison(
      f'{_STEPS} masked train steps, against a plain dense Optax loop',
      dense,
      masked[0],
      masked[1],
      aim=1.02,
      speedup=False,
    ),
    Comparison(
      f'{_STEPS} steps of RigL with one mask update, against static',
      masked[2],
      moving[0],
      moving[1],
      aim=1.05,
      speedup=False,
    ),
  ]


def _run(setup: lenet.Setup, *, update: bool = False) -> Thunk:
  """A thunk that trains `_STEPS` steps, the first of them a mask step."""
  programs = setup.programs(_STEPS)
  indices = lenet.random_indices(_STEPS, _BATCH)
  states = [setup.fresh()]

  def thunk() -> None:
    state, rest = states[0], indices
    if update:
      state, _ = programs.update_masks(
        state, setup.member, setup.data, indices[:1]
      )
      rest = indices[1:]
    states[0], _ = programs.advance(state, setup.member, setup.data, rest)

  return thunk


def _plain_dense() -> Thunk:
  """The same loop without masks, written against Optax alone."""
  setup = lenet.setup(static, sparsity=0.0)
  params = setup.fresh().params
  states = [(params, optax.sgd(0.1, momentum=0.9).init(params))]
  indices = lenet.random_indices(_STEPS, _BATCH)

  def body(i, carry, data, indices):
    (params, opt_state), losses = carry
    batch = lenet.batch_of(data, indices[i])
    (loss, (_, logits)), grads = jax.value_and_grad(
      setup.task.loss, has_aux=True
    )(params, {}, batch, key=jax.random.key(0), train=True)
    tx = optax.sgd(lenet.learning_rate(i), momentum=0.9)
    updates, opt_state = tx.update(grads, opt_state, params)
    seen = accuracy(logits, batch['label'])
    losses = (losses[0].at[i].set(loss), losses[1].at[i].set(seen))
    return (optax.apply_updates(params, updates), opt_state), losses

  @jax.jit
  def empty():
    return tuple(jax.numpy.zeros(_STEPS) for _ in range(2))

  def loop(state, data, indices, length):
    return jax.lax.fori_loop(
      0,
      length,
      lambda i, carry: body(i, carry, data, indices),
      (state, empty()),
    )

  compiled = jax.jit(loop, donate_argnums=0)

  def thunk() -> None:
    states[0], losses = compiled(
      states[0], setup.data, indices, np.int32(_STEPS)
    )
    jax.device_get(losses)

  return thunk
