"""The net of a finished run, for a notebook or a program of one's own."""

from collections.abc import Callable
from typing import NamedTuple

import jax

from jaxsparse.config.run_config import RunConfig
from jaxsparse.core.types import Masks, Params, PyTree
from jaxsparse.runs import finished, reading


class Net(NamedTuple):
  """A trained net.

  Attributes:
    params: 0 outside the masks.
    masks: bool leaves, `None` where a leaf is dense.
    model_state: what else the model has, such as running statistics.
    config: of the run.
    apply: `(params, inputs [b, ...]) -> logits [b, classes]`, in evaluation
      mode, with `model_state`. Inputs are as the model takes them: pixels are
      scaled and normalised as `config.data` says.
  """

  params: Params
  masks: Masks
  model_state: PyTree
  config: RunConfig
  apply: Callable[[Params, jax.Array], jax.Array]


def load(workdir: finished.StrPath, step: int | None = None) -> Net:
  """Loads the net of a finished run; the data may be absent.

  >>> net = js.load(workdir)
  >>> logits = net.apply(net.params, images)

  Args:
    workdir: of the run.
    step: after how many steps, one with a checkpoint; by default the last.

  Raises:
    ValueError: there is no run, it is not finished, or it cannot be built.
    CheckpointError: the step has no checkpoint, or a damaged one.
  """
  run = finished.load(workdir, reading.describe)
  solution = finished.solution(run, step)
  task = run.experiment.task

  def apply(params: Params, inputs: jax.Array) -> jax.Array:
    return task.logits(params, solution.model_state, inputs)

  config = run.experiment.config
  return Net(
    solution.params, solution.masks, solution.model_state, config, apply
  )
