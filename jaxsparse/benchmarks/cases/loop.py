"""The resident loop against a loop over NumPy batches that reads each loss."""

import jax
import numpy as np

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.training.step import train_step
from jaxsparse.updaters.static import static

_STEPS, _BATCH = 40, 128


def loop() -> list[Comparison]:
  """Compares two loops over one step, which differ in dispatch and data."""
  return [
    Comparison(
      f'{_STEPS} steps, uint8 data on the device, one dispatch; against'
      ' float32 NumPy batches and float(loss) each step',
      _synced(),
      _resident(),
      _resident(),
      aim=1.25,
      speedup=True,
    )
  ]


def _resident() -> Thunk:
  setup = nets.setup(static, sparsity=0.98)
  programs = setup.programs(_STEPS)
  indices = nets.random_indices(_STEPS, _BATCH)
  states = [setup.fresh()]

  def thunk() -> None:
    states[0], _ = programs.advance(
      states[0], setup.member, setup.data, indices
    )

  return thunk


def _synced() -> Thunk:
  setup = nets.setup(static, sparsity=0.98)
  images = np.asarray(setup.data.images, np.float32) * np.float32(nets.SCALE)
  labels = np.asarray(setup.data.labels)
  indices = nets.random_indices(_STEPS, _BATCH)
  step = jax.jit(train_step(setup.recipe), donate_argnums=0)
  states = [setup.fresh()]

  def thunk() -> None:
    for row in indices:
      batch = {'image': images[row], 'label': labels[row]}
      states[0], metrics = step(states[0], setup.member, batch)
      float(metrics['loss'])

  return thunk
