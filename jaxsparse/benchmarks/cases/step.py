"""Cost of sparsity in a training step of LeNet-300-100, batch 128."""

import jax
import numpy as np

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

_STEPS, _BATCH = 100, 128


def step() -> list[Comparison]:
  """Compares masked with dense steps, and RigL updates with static masks."""
  dense = _plain_dense()
  masked = [_run(nets.setup(static, sparsity=0.98)) for _ in range(3)]
  moving = [
    _run(
      nets.setup(rigl, sparsity=0.98, start_step=0, stop_step=10**9),
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


def _run(setup: nets.Setup, *, update: bool = False) -> Thunk:
  """Returns a thunk of `_STEPS` steps, the first a mask step if `update`."""
  programs = setup.programs(_STEPS)
  indices = nets.random_indices(_STEPS, _BATCH)
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
  """Returns a thunk of the same loop without masks."""
  setup = nets.setup(static, sparsity=0.0)
  state, step = nets.plain_dense(setup)
  states = [state]
  indices = nets.random_indices(_STEPS, _BATCH)

  def loop(state, data, indices, length):
    def body(i, carry):
      state, losses = carry
      state, seen = step(state, data, indices[i])
      losses = [into.at[i].set(s) for into, s in zip(losses, seen, strict=True)]
      return state, losses

    losses = [jax.numpy.zeros(_STEPS) for _ in range(2)]
    return jax.lax.fori_loop(0, length, body, (state, losses))

  compiled = jax.jit(loop, donate_argnums=0)

  def thunk() -> None:
    states[0], losses = compiled(
      states[0], setup.data, indices, np.int32(_STEPS)
    )
    jax.device_get(losses)

  return thunk
