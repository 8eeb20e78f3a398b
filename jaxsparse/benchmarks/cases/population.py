"""Throughput of a population, against a single run."""

import numpy as np
from flax import linen as nn

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.models.lenet5 import lenet5
from jaxsparse.models.mlp import mlp
from jaxsparse.runs.population import usual_carry
from jaxsparse.training.carry import Carrier, OneByOne, Threads, threads_for
from jaxsparse.training.vmapped import Vmapped, member_mesh
from jaxsparse.updaters.static import static

_STEPS, _BATCH = 20, 128


def population() -> list[Comparison]:
  """Compares member steps per second with a single run of as many steps."""
  comparisons = [
    _compare('LeNet-300-100', _setup(mlp()), 8, usual_carry(), 0.95),
    _compare('LeNet5', _setup(lenet5()), 8, usual_carry(), 0.95),
  ]
  if usual_carry() == 'vmap':
    # A small net leaves a GPU waiting for the host, step by step.
    comparisons.append(
      _compare('LeNet-300-100', _setup(mlp()), 32, 'vmap', 5.0)
    )
  return comparisons


def _compare(
  name: str, setup: nets.Setup, members: int, how: str, aim: float
) -> Comparison:
  return Comparison(
    f'{members} members of {name} ({how}), {_STEPS} steps each, against a run'
    ' alone',
    _thunk(_one_by_one(setup, 1), times=members),
    _thunk(_carrier(setup, members, how)),
    _thunk(_carrier(setup, members, how)),
    aim=aim,
    speedup=True,
    rounds=11,
  )


def _setup(module: nn.Module) -> nets.Setup:
  return nets.setup(static, sparsity=0.98, module=module)


def _thunk(carrier: Carrier, *, times: int = 1) -> Thunk:
  alive = range(len(carrier))

  def thunk() -> None:
    for _ in range(times):
      carrier.advance('advance', alive, 0, _STEPS)

  return thunk


def _carrier(setup: nets.Setup, members: int, how: str) -> Carrier:
  if how == 'one_by_one':
    return _one_by_one(setup, members)
  mesh = member_mesh()
  return Vmapped(
    setup.programs(_STEPS, dispatch=setup.dispatch(_BATCH), mesh=mesh),
    [setup.fresh() for _ in range(members)],
    [setup.member] * members,
    mesh=mesh,
    data=setup.data,
    batches=_batches,
  )


def _one_by_one(setup: nets.Setup, members: int) -> Carrier:
  dispatch = setup.dispatch(_BATCH)
  return OneByOne(
    setup.programs(_STEPS, dispatch=dispatch),
    [setup.fresh() for _ in range(members)],
    [setup.member] * members,
    data=setup.data,
    batches=_batches,
    threads=Threads(threads_for(members, dispatch)),
  )


def _batches(member: int, begin: int, end: int) -> np.ndarray:
  del member
  return nets.random_indices(end, _BATCH)[begin:]
