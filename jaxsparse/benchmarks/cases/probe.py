"""Cost of probing gradient flow in training, at the default interval."""

import jax
import numpy as np
from flax import linen as nn

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.config.run_config import GradientFlowConfig
from jaxsparse.models.lenet5 import lenet5
from jaxsparse.models.mlp import mlp
from jaxsparse.training.probe import GradientProbe
from jaxsparse.updaters.static import static

_CHUNK, _BATCH = 64, 128


def probe() -> list[Comparison]:
  """Compares the steps between two probes with and without a probe."""
  interval, size = GradientFlowConfig.interval, GradientFlowConfig.probe_size
  return [
    Comparison(
      f'{interval} steps of {name} and a probe of {size} examples, against no'
      ' probe',
      _run(module, interval, 0),
      _run(module, interval, size),
      _run(module, interval, size),
      aim=1.02,
      speedup=False,
      rounds=11,
    )
    for name, module in (('LeNet-300-100', mlp()), ('LeNet5', lenet5()))
  ]


def _run(module: nn.Module, steps: int, size: int) -> Thunk:
  """Returns a thunk of `steps` steps and a probe of `size` examples, if any."""
  setup = nets.setup(static, sparsity=0.98, module=module)
  dispatch = setup.dispatch(_BATCH)
  programs = setup.programs(_CHUNK, dispatch=dispatch)
  look = GradientProbe(setup.task, nets.batch_of, dispatch=dispatch)
  rows = nets.random_indices(steps, _BATCH)
  probed = np.arange(size, dtype=np.int32)
  states = [setup.fresh()]

  def thunk() -> None:
    for begin in range(0, steps, _CHUNK):
      states[0], _ = programs.advance(
        states[0], setup.member, setup.data, rows[begin : begin + _CHUNK]
      )
    if size:
      _, params, model_state, _, mask_state = states[0]
      jax.device_get(
        look(
          params,
          mask_state.masks,
          model_state,
          setup.member.key,
          setup.data,
          probed,
        )
      )

  return thunk
