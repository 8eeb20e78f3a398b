"""Cost of RigL in a training step of the nets of its paper, at 90 %.

WRN-22-2 on batches of 128 CIFAR images, ResNet-50 on 16 of ImageNet's size:
the cost of masks grows with the weights, that of a step with the images too.
"""

from typing import NamedTuple

import jax
from flax import linen as nn

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.models.resnet import resnet
from jaxsparse.models.wide_resnet import wide_resnet
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static


class _Net(NamedTuple):
  name: str
  module: nn.Module
  shape: tuple[int, ...]
  batch: int
  rounds: int


def convolutional() -> list[Comparison]:
  """Compares train steps and mask steps of RigL with a plain dense step."""
  return [
    comparison
    for net in (
      _Net(
        'WRN-22-2',
        wide_resnet(depth=22, width=2.0, num_classes=10),
        (32, 32, 3),
        128,
        11,
      ),
      _Net(
        'ResNet-50', resnet(depth=50, num_classes=1000), (224, 224, 3), 16, 5
      ),
    )
    for comparison in _compare(net)
  ]


def _compare(net: _Net) -> list[Comparison]:
  dense = _plain_dense(net)
  return [
    Comparison(
      f'a train step of RigL, {net.name}, against a plain dense Optax step',
      dense,
      _rigl(net),
      _rigl(net),
      aim=1.02,
      speedup=False,
      rounds=net.rounds,
    ),
    # With 99 steps at 1.02 and one at 4, an interval of 100 costs 1.05.
    Comparison(
      f'a mask step of RigL, {net.name}, against a plain dense Optax step',
      dense,
      _rigl(net, update=True),
      _rigl(net, update=True),
      aim=4.0,
      speedup=False,
      rounds=net.rounds,
    ),
  ]


def _rigl(net: _Net, *, update: bool = False) -> Thunk:
  """Returns a thunk of one train step, or one mask step, of RigL."""
  setup = nets.setup(
    rigl,
    sparsity=0.9,
    module=net.module,
    shape=net.shape,
    examples=net.batch,
    start_step=0,
    stop_step=10**9,
  )
  programs = setup.programs(1, dispatch='step')
  step = programs.update_masks if update else programs.advance
  indices = nets.random_indices(1, net.batch, net.batch)
  states = [setup.fresh()]

  def thunk() -> None:
    states[0], _ = step(states[0], setup.member, setup.data, indices)

  return thunk


def _plain_dense(net: _Net) -> Thunk:
  setup = nets.setup(
    static,
    sparsity=0.0,
    module=net.module,
    shape=net.shape,
    examples=net.batch,
  )
  state, step = nets.plain_dense(setup)
  states = [state]
  indices = nets.random_indices(1, net.batch, net.batch)[0]
  compiled = jax.jit(step, donate_argnums=0)

  def thunk() -> None:
    states[0], metrics = compiled(states[0], setup.data, indices)
    jax.device_get(metrics)

  return thunk
