"""Forward and backward signal at each layer of a net at its start."""

import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import signal
from jaxsparse.core.types import PyTree
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished, measures
from jaxsparse.runs.finished import Finished


@Lines(
  title='Signal by layer at initialisation',
  caption=(
    'Outputs of layers, before their activation functions, where training'
    ' starts',
  ),
  alt='At the last layer',
  x='layer',
  y={
    'mean_square': 'mean square of outputs',
    'gradient_norm': 'norm of the loss’s gradient',
  },
  log=True,
  noted='last',
)
def signal_at_init(
  workdirs: Sequence[pathlib.Path], *, examples: int = 500, noise: bool = False
) -> Result:
  """Measures signal propagation at the start (Evci et al. 2022, figure 1).

  Args:
    workdirs: of the run, of a linen model.
    examples: number of images.
    noise: images of independent N(0, 1) pixels, as in the paper, instead of
      the first images of the training split.

  Returns:
    `logit_deviation`, the standard deviation of all logits;
    `signal_at_first_layer`, the norm of the loss's gradient with respect to
    the outputs of the first layer. And a table by layer.

  Raises:
    ValueError: not one finished run, or `examples` below 1.
  """
  (run,) = finished.load_each(workdirs, count=1)
  images, labels = _inputs(run, examples, noise)
  net = finished.solution(run, run.first_step)
  program, names = _program(
    run.experiment.module, run.experiment.task.example_loss
  )
  variables = {'params': net.params, **net.model_state}
  forward, backward, deviation = program(variables, images, labels)
  norms = [float(gradient.norm) for gradient in backward]
  return Result(
    {'logit_deviation': deviation, 'signal_at_first_layer': norms[0]},
    {
      'layer': names,
      'mean_square': [float(f.mean_square) for f in forward],
      'deviation': [float(f.deviation) for f in forward],
      'gradient_norm': norms,
    },
  )


@functools.lru_cache(maxsize=32)
def _program(
  module: nn.Module, example_loss: Callable[..., jax.Array]
) -> tuple[Callable[..., Any], list[str]]:
  """Returns a program compiled once per model, and the names of the layers.

  The list of names is filled at the first call, in the order of use, which the
  output of a compiled program does not preserve.
  """
  apply = signal.linen_apply(module, train=False)
  names: list[str] = []

  def loss(logits: jax.Array, labels: PyTree) -> jax.Array:
    return example_loss(logits, labels).mean()

  @jax.jit
  def program(variables: PyTree, images: jax.Array, labels: jax.Array) -> Any:
    forward = signal.forward_signal(apply, variables, images)
    backward = signal.backward_signal(apply, loss, variables, images, labels)
    names[:] = forward
    logits = apply(variables, images, lambda _, value: value)
    return list(forward.values()), list(backward.values()), logits.std()

  return program, names


def _inputs(
  run: Finished, examples: int, noise: bool
) -> tuple[jax.Array, np.ndarray]:
  """Returns preprocessed images and their labels."""
  if examples < 1:
    raise ValueError(f'examples is {examples}; accepted is >= 1')
  data = run.experiment.dataset
  labels = data.train.labels[:examples]
  images = jnp.asarray(data.train.images[:examples])
  if noise:
    pixels = jax.random.normal(jax.random.key(0), images.shape, jnp.float32)
    return pixels, labels
  return measures.pixels(images, run.experiment.pixels), labels
