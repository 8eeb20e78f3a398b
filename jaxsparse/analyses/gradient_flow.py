"""Gradient norm of each layer of a net that a finished run keeps."""

import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import gradient_flow as flow_lib
from jaxsparse.analysis.gradient_flow import GradientFlow
from jaxsparse.analysis.products import BatchLoss
from jaxsparse.analysis.solutions import Solution
from jaxsparse.core import paths
from jaxsparse.core.masks import active
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished, measures, scores
from jaxsparse.runs.finished import Finished


@Lines(
  title='Gradient by leaf',
  caption=('The gradient of the training loss, of active weights alone',),
  alt='At the first leaf',
  x='leaf',
  y={
    'gradient_norm': 'norm of the masked gradient',
    'per_weight': 'root mean square of an active weight’s',
  },
  log=True,
  joined=False,  # Leaves have no order.
  noted='first',
)
def gradient_flow(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int | None = None,
  examples: int = 1000,
) -> Result:
  """Measures the masked gradient at a step that is kept (Evci et al. 2022).

  The values are those that probes record in training
  (`gradient_flow.interval`), but for any step and number of examples; in
  evaluation mode.

  Args:
    workdirs: of the run.
    step: one that the run keeps (0, the last few, `checkpoint.keep_steps`);
      the last by default.
    examples: number of examples, the first of the training split.

  Returns:
    `gradient_norm`, `effective_gradient_flow` (the mean norm of masked
    leaves), `gradient_norm_per_weight`, `loss` in nats, and
    `first_order_decrease`, the decrease of the loss by a gradient step at the
    learning rate of that step, to first order. And a table by leaf.

  Raises:
    ValueError: not one finished run, a step that is not kept, or `examples`
      below 1.
  """
  (run,) = finished.load_each(workdirs, count=1)
  net = finished.solution(run, step)
  flow = _flow(run, net, examples)
  at = run.last_step if step is None else step
  decrease = scores.first_order_decrease(run.experiment, flow.norm, at)
  leaves = paths.flatten(flow.leaves)
  norms = np.array([float(norm) for norm in leaves.values()])
  weights = {
    path: int(np.size(leaf)) for path, leaf in paths.flatten(net.params).items()
  } | {path: int(n) for path, n in paths.flatten(active(net.masks)).items()}
  counts = np.array([weights[path] for path in leaves])
  return Result(
    {
      'gradient_norm': flow.norm,
      'effective_gradient_flow': flow.layer_mean,
      'gradient_norm_per_weight': flow.per_weight,
      'loss': flow.loss,
      'first_order_decrease': decrease,
    },
    {
      'leaf': list(leaves),
      'active': counts,
      'gradient_norm': norms,
      'per_weight': norms / np.sqrt(np.maximum(counts, 1)),
    },
  )


def _flow(run: Finished, net: Solution, examples: int) -> GradientFlow:
  splits = measures.train_batches(run, examples)
  gradient = _gradient(measures.batch_loss(run))
  loss, grads = measures.mean_over(
    splits, lambda split: gradient(net.params, (split, net.model_state))
  )
  return flow_lib.flow_of_gradient(loss, grads, net.masks)


@functools.lru_cache(maxsize=32)
def _gradient(loss: BatchLoss) -> Callable[..., Any]:
  return jax.jit(jax.value_and_grad(loss))
