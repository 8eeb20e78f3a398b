"""Sparsity of a finished run, with weights on no path counted as pruned."""

import functools
import pathlib
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis.connectivity import Connectivity, follower
from jaxsparse.core.masks import active_by_path, sizes_by_path
from jaxsparse.core.types import Masks, Params
from jaxsparse.plotting.bars import Bars
from jaxsparse.runs import finished, measures
from jaxsparse.training.task import Task


@Bars(
  title='Effective density by layer',
  caption=(
    'Weights of each masked layer that are on a path from an input to an'
    ' output',
    'black lines are of all active weights',
  ),
  alt='Effective density',
  x='layer',
  y={'effective_density': 'effective density'},
  marks={'effective_density': 'density'},
)
def effective_sparsity(
  workdirs: Sequence[pathlib.Path], *, step: int | None = None
) -> Result:
  """Computes the effective sparsity (Vysogorets and Kempe 2021).

  Args:
    workdirs: of the run, of a net whose paths `analysis.connectivity` can
      follow.
    step: one that the run keeps (0, the last few, `checkpoint.keep_steps`);
      the last by default.

  Returns:
    `effective_sparsity`, in which active weights on no path from an input to
    an output count as pruned, and `direct_sparsity`, in which they do not, of
    all masked layers; `empty_layers`, how many have no active weight (layer
    collapse), and `connected_outputs`, the share of the outputs where a path
    ends. And a table by layer in forward order.

  Raises:
    ValueError: not one finished run, a step that is not kept, or a net in which
      paths cannot be followed.
  """
  (run,) = finished.load_each(workdirs, count=1)
  masks = finished.state(run, step).mask_state.masks
  follow = _follower(run.experiment.task, run.experiment.example[0])
  connectivity = follow(masks)
  layers = measures.masked_leaves(run)
  active, effective, weights = (
    np.array([of_leaf[path] for path in layers])
    for of_leaf in (
      active_by_path(masks),
      active_by_path(connectivity.effective),
      sizes_by_path(masks),
    )
  )
  return Result(
    {
      'effective_sparsity': 1 - effective.sum() / weights.sum(),
      'direct_sparsity': 1 - active.sum() / weights.sum(),
      'empty_layers': np.sum(active == 0),
      'connected_outputs': np.mean(connectivity.outputs),
    },
    {
      'layer': layers,
      'effective_density': effective / weights,
      'density': active / weights,
      'effective': effective,
      'active': active,
      'weights': weights,
    },
  )


@functools.lru_cache(maxsize=32)
def _follower(
  task: Task, inputs: jax.ShapeDtypeStruct
) -> Callable[[Masks], Connectivity]:
  """Returns a function of masks that compiles once for all runs of a model."""
  key = jax.random.key(0)
  params, _ = jax.eval_shape(task.init, key, inputs)
  # Where training starts, running means are 0 and variances 1.
  statistics = jax.jit(lambda key, inputs: task.init(key, inputs)[1])
  model_state = statistics(key, jnp.zeros(inputs.shape, inputs.dtype))

  def apply(params: Params, inputs: jax.Array) -> jax.Array:
    return task.logits(params, model_state, inputs)

  return follower(apply, params, inputs)
