"""Compile time of the programs of a run."""

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

_STEPS, _BATCH = 1, 128


def compiling() -> list[Comparison]:
  """Train and mask programs of RigL against those of static sparsity."""
  return [
    Comparison(
      'compiling and first running both programs of RigL, against static',
      _compile(nets.setup(static, sparsity=0.98)),
      _compile(nets.setup(rigl, sparsity=0.98, stop_step=10**9)),
      _compile(nets.setup(rigl, sparsity=0.98, stop_step=10**9)),
      aim=None,
      speedup=False,
      rounds=5,
    )
  ]


def _compile(setup: nets.Setup) -> Thunk:
  indices = nets.random_indices(_STEPS, _BATCH)

  def thunk() -> None:
    programs = setup.programs(_STEPS)
    state = setup.fresh()
    state, _ = programs.advance(state, setup.member, setup.data, indices)
    programs.update_masks(state, setup.member, setup.data, indices)

  return thunk
