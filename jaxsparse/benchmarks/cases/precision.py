"""Train steps of RigL in bfloat16 against those in float32, at 90 %.

For accelerators, whose units of matrix products are several times quicker in
bfloat16; on CPU it is slower.
"""

from typing import Any

from flax import linen as nn

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.models.resnet import resnet
from jaxsparse.models.wide_resnet import wide_resnet
from jaxsparse.training.mixed_precision import MixedPrecision
from jaxsparse.updaters.rigl import rigl

_STEPS = 5


def precision() -> list[Comparison]:
  """Compares steps of WRN-22-2 and ResNet-50 on batches of 128 images."""
  return [
    _compare('WRN-22-2', wide_resnet(depth=22, width=2.0), (32, 32, 3)),
    _compare('ResNet-50', resnet(depth=50, num_classes=1000), (224, 224, 3)),
  ]


def _compare(
  name: str, module: nn.Module, shape: tuple[int, ...], batch: int = 128
) -> Comparison:
  narrow: Any = MixedPrecision(module, 'bfloat16')
  return Comparison(
    f'{_STEPS} train steps of RigL, {name}, in bfloat16 against float32',
    _steps(module, shape, batch),
    _steps(narrow, shape, batch),
    _steps(narrow, shape, batch),
    aim=1.5,
    speedup=True,
    rounds=11,
  )


def _steps(module: nn.Module, shape: tuple[int, ...], batch: int) -> Thunk:
  setup = nets.setup(
    rigl,
    sparsity=0.9,
    module=module,
    shape=shape,
    examples=batch,
    start_step=0,
    stop_step=10**9,
  )
  advance = setup.programs(_STEPS, dispatch=setup.dispatch(batch)).advance
  indices = nets.random_indices(_STEPS, batch, batch)
  states = [setup.fresh()]

  def thunk() -> None:
    states[0], _ = advance(states[0], setup.member, setup.data, indices)

  return thunk
