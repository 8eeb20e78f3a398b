"""How the time of a mask step grows with weights, and with leaves."""

from collections.abc import Iterator

import jax

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.updaters.rigl import rigl

# Weights, the weights they are compared with, and rounds.
_WEIGHTS = (
  (1_000_000, 100_000, 21),
  (10_000_000, 1_000_000, 7),
  (50_000_000, 10_000_000, 3),
)
_MILLION = 1_000_000


def mask_step() -> Iterator[Comparison]:
  """Compares mask steps of RigL: of three leaves, then of a million weights."""
  for weights, fewer, rounds in _WEIGHTS:
    yield Comparison(
      f'a mask step of {weights:,} weights, against {weights // fewer} of'
      f' {fewer:,}',
      thunk(fewer, 3, times=weights // fewer),
      thunk(weights, 3),
      thunk(weights, 3),
      aim=1.1,
      speedup=False,
      rounds=rounds,
    )
  for leaves in (30, 150):
    yield Comparison(
      f'a mask step of {_MILLION:,} weights in {leaves} leaves, against 3',
      thunk(_MILLION, 3),
      thunk(_MILLION, leaves),
      thunk(_MILLION, leaves),
      aim=None,
      speedup=False,
    )


def thunk(weights: int, leaves: int, *, times: int = 1) -> Thunk:
  """Returns a thunk that takes the same mask step `times` times, at 90 %."""
  params = nets.blocks(weights, leaves)
  grads = jax.tree.map(lambda p: nets.random_scores(p.shape, 'grads'), params)
  updater = rigl(uniform(params, 0.9), start_step=0, stop_step=100)
  key = jax.random.key(0)
  state = jax.jit(updater.init)(params, key=key)
  step = jax.jit(updater.update)

  def run() -> None:
    for _ in range(times):
      jax.block_until_ready(step(grads, state, params, step=0, key=key))

  return run
