"""Compile time: programs of a run, steps of an own loop, and mask steps."""

from collections.abc import Callable, Iterator

import jax
import optax

from jaxsparse.benchmarks import nets, own, processes
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

_STEPS, _BATCH = 1, 128
_IMPORTS = """
import optax
from jaxsparse.benchmarks import own
net = own.lenet()
tx = own.rigl_sparse(net, optax.adamw(1e-3), start_step=0, update_interval=100)
"""


def compiling() -> Iterator[Comparison]:
  """Compares what is compiled for RigL with what is compiled without."""
  yield Comparison(
    'compiling and first running both programs of RigL, against static',
    _compile(nets.setup(static, sparsity=0.98)),
    _compile(nets.setup(rigl, sparsity=0.98, stop_step=10**9)),
    _compile(nets.setup(rigl, sparsity=0.98, stop_step=10**9)),
    aim=None,
    speedup=False,
    rounds=5,
  )
  net, adamw = own.lenet(), optax.adamw(1e-3)
  sparse = own.rigl_sparse(net, adamw, start_step=0, update_interval=100)
  yield Comparison(
    "tracing and compiling a step of RigL's own loop, against Optax alone",
    _compile_step(net, adamw),
    _compile_step(net, sparse, masks=True),
    _compile_step(net, sparse, masks=True),
    aim=2.5,
    speedup=False,
    rounds=5,
  )
  yield Comparison(
    'tracing and compiling a mask step of 150 leaves, against 30',
    _compile_mask_step(30),
    _compile_mask_step(150),
    _compile_mask_step(150),
    aim=1.5,
    speedup=False,
    rounds=5,
  )
  start, init = (
    lambda: processes.run(processes.PYTHON, '-c', _IMPORTS),
    lambda: processes.run(
      processes.PYTHON, '-c', f'{_IMPORTS}\ntx.init(net.params)'
    ),
  )
  yield Comparison(
    'a process that calls sparsify(...).init, against one that does not',
    start,
    init,
    init,
    aim=None,
    speedup=False,
    rounds=5,
  )


def _compile(setup: nets.Setup) -> Thunk:
  indices = nets.random_indices(_STEPS, _BATCH)

  def thunk() -> None:
    programs = setup.programs(_STEPS)
    state = setup.fresh()
    state, _ = programs.advance(state, setup.member, setup.data, indices)
    programs.update_masks(state, setup.member, setup.data, indices)

  return thunk


def _compile_step(
  net: own.Problem, tx: optax.GradientTransformation, *, masks: bool = False
) -> Thunk:
  state = jax.eval_shape(tx.init, net.params)
  step = own.train_step(net, tx, masks=masks)
  return _from_scratch(step, net.params, state, net.batch)


def _compile_mask_step(leaves: int) -> Thunk:
  params = nets.blocks(1_000_000, leaves)
  updater = rigl(uniform(params, 0.9), start_step=0, stop_step=100)
  key = jax.random.key(0)
  state = jax.eval_shape(lambda p: updater.init(p, key=key), params)

  def step(*args):
    return updater.update(*args, step=0, key=key)

  return _from_scratch(step, params, state, params)


def _from_scratch(step: Callable, *args: object) -> Thunk:
  """Returns a thunk that compiles `step` as in a new process."""

  def thunk() -> None:
    jax.clear_caches()
    jax.jit(lambda *a: step(*a)).lower(*args).compile()

  return thunk
