"""Throughput of a population, against a single run."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from flax import linen as nn

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.core.cores import usable_cores
from jaxsparse.models.lenet5 import lenet5
from jaxsparse.models.mlp import mlp
from jaxsparse.runs import compiled
from jaxsparse.training.executors import Executor
from jaxsparse.training.one_by_one import OneByOne
from jaxsparse.training.vmapped import Vmapped, member_mesh
from jaxsparse.updaters.static import static

_STEPS, _BATCH = 20, 128


def population() -> list[Comparison]:
  """Compares member steps per second with a single run of as many steps."""
  comparisons = [
    _compare('LeNet-300-100', _setup(mlp()), 8, compiled.usual(), 0.95),
    _compare('LeNet5', _setup(lenet5()), 8, compiled.usual(), 0.95),
  ]
  if compiled.usual() == 'vmap':
    # A small net leaves a GPU waiting for the host, step by step.
    comparisons.append(
      _compare('LeNet-300-100', _setup(mlp()), 32, 'vmap', 5.0)
    )
  return comparisons


def _compare(
  name: str, setup: nets.Setup, members: int, how: str, aim: float
) -> Comparison:
  # As in a study: several small nets on CPU at the same time.
  threads = usable_cores() if setup.dispatch(_BATCH) == 'scan' else 1
  return Comparison(
    f'{members} members of {name} ({how}), {_STEPS} steps each, against a run'
    ' alone',
    _thunk(_alone(setup, 1), times=members),
    _thunk(_executors(setup, members, how), threads=threads),
    _thunk(_executors(setup, members, how), threads=threads),
    aim=aim,
    speedup=True,
    rounds=11,
  )


def _setup(module: nn.Module) -> nets.Setup:
  return nets.setup(static, sparsity=0.98, module=module)


def _thunk(
  executors: Sequence[Executor], *, threads: int = 1, times: int = 1
) -> Thunk:
  pool = ThreadPoolExecutor(threads)

  def advance(executor: Executor) -> None:
    executor.advance('advance', range(len(executor)), 0, _STEPS)

  def thunk() -> None:
    for _ in range(times):
      list(pool.map(advance, executors))

  return thunk


def _executors(setup: nets.Setup, members: int, how: str) -> list[Executor]:
  if how == 'one_by_one':
    return _alone(setup, members)
  mesh = member_mesh()
  return [
    Vmapped(
      setup.programs(_STEPS, dispatch=setup.dispatch(_BATCH), mesh=mesh),
      [setup.fresh() for _ in range(members)],
      [setup.member] * members,
      mesh=mesh,
      data=setup.data,
      batches=_batches,
    )
  ]


def _alone(setup: nets.Setup, members: int) -> list[Executor]:
  programs = setup.programs(_STEPS, dispatch=setup.dispatch(_BATCH))
  return [
    OneByOne(
      programs,
      [setup.fresh()],
      [setup.member],
      data=setup.data,
      batches=_batches,
    )
    for _ in range(members)
  ]


def _batches(member: int, begin: int, end: int) -> np.ndarray:
  del member
  return nets.random_indices(end, _BATCH)[begin:]
