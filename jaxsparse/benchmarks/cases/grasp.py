"""Cost of GraSP's masks of ResNet-50 at 90 %, beside one gradient.

Both on the same batch of 16 images, as a run computes them: the masks are one
program, with the gradient, its product with the Hessian, and the search. Small
images are timed; of those of ImageNet's size the memory is that of activations.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, MemoryComparison, Thunk
from jaxsparse.core.types import Masks, Params, Probe, PyTree
from jaxsparse.data.datasets import Split
from jaxsparse.models.resnet import resnet
from jaxsparse.runs import scoring
from jaxsparse.training import unfused
from jaxsparse.updaters import grasp as method
from jaxsparse.updaters.static import static

_BATCH = 16


class _Functions(NamedTuple):
  """The gradient and the masks, not yet compiled, and their arguments."""

  gradient: Callable[..., Params]
  masks: Callable[..., Masks]
  arguments: tuple[Any, ...]

  def gradient_program(self) -> jax.stages.Compiled:
    """Compiles the gradient."""
    return jax.jit(self.gradient).lower(*self.arguments).compile()

  def masks_program(self) -> jax.stages.Compiled:
    """Compiles the masks anew, as the first state of a run."""
    once: Any = unfused.jit(self.masks)
    return once.lower(*self.arguments).compile()


def grasp() -> Iterator[Comparison | MemoryComparison]:
  """Compares time and memory of GraSP's masks with those of a gradient."""
  small = _functions(64)
  gradient, masks = small.gradient_program(), small.masks_program()
  yield Comparison(
    f"GraSP's masks of ResNet-50, {_BATCH} images of 64 x 64, against a"
    ' gradient',
    _thunk(gradient, small.arguments),
    _thunk(masks, small.arguments),
    _thunk(small.masks_program(), small.arguments),
    aim=3.0,
    speedup=False,
    rounds=5,
  )
  large = _functions(224)
  for size, base, contender in (
    (64, gradient, masks),
    (224, large.gradient_program(), large.masks_program()),
  ):
    yield MemoryComparison(
      f"memory of GraSP's masks of ResNet-50, {_BATCH} images of {size} x"
      f' {size}, against that of a gradient',
      base,
      contender,
      aim=2.5,
    )


def _functions(size: int) -> _Functions:
  """Returns the gradient and the masks for images of one size."""
  setup = nets.setup(
    static,
    sparsity=0.9,
    module=resnet(depth=50, num_classes=1000),
    shape=(size, size, 3),
    examples=_BATCH,
  )
  counts, key = setup.member.counts, setup.member.key
  images = jnp.zeros((1, size, size, 3))
  params, state = jax.jit(setup.task.init)(key, images)

  def loss(state: PyTree, data: Split) -> Callable[..., jax.Array]:
    return scoring.loss(setup.task, state, nets.batch_of, data, key)

  def gradient(
    params: Params, state: PyTree, data: Split, rows: jax.Array
  ) -> Params:
    return jax.grad(loss(state, data))(params, rows[0])

  def masks(
    params: Params, state: PyTree, data: Split, rows: jax.Array
  ) -> Masks:
    probe = Probe(loss(state, data), rows)
    updater = method.grasp(counts)
    return updater.init(params, key=key, probe=probe).masks

  rows = np.arange(_BATCH, dtype=np.int32)[None]
  arguments = (params, state, setup.data, jnp.asarray(rows))
  return _Functions(gradient, masks, arguments)


def _thunk(program: jax.stages.Compiled, arguments: tuple[Any, ...]) -> Thunk:
  return lambda: jax.block_until_ready(program(*arguments))
