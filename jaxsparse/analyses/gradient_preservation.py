"""Gradient norm of a sparse net beside that of the dense net it is part of."""

import pathlib
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis.solutions import Solution
from jaxsparse.core import gradients, paths, prng
from jaxsparse.core.masks import active_by_path, apply_masks, full_masks
from jaxsparse.core.types import Params, Path, Probe
from jaxsparse.data.datasets import Split
from jaxsparse.data.pixels import Pixels
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished, measures, scoring
from jaxsparse.runs.finished import Finished
from jaxsparse.runs.scoring import batch_of
from jaxsparse.training import unfused
from jaxsparse.training.task import Task

# The loss, and the gradient of each masked leaf, 0 outside the masks.
Measured = tuple[jax.Array, Params]


@Lines(
  title='Gradient by layer',
  caption=(
    'The gradient of the training loss by active weights, and relative to that'
    ' by all weights of the dense net where training starts',
  ),
  alt='At the first layer',
  x='layer',
  y={
    'gradient_norm': 'norm of the gradient',
    'ratio': 'norm, relative to the dense net',
  },
  log=True,
  noted='first',
)
def gradient_preservation(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int | None = None,
  rewind: bool = True,
  temperature: float | None = None,
  examples: int | None = None,
  batch_size: int | None = None,
) -> Result:
  """Compares the gradient of a sparse net with that of the dense one.

  The dense net has all weights that the run's seed draws, and the sparse one
  those in the run's masks: how much of the gradient pruning preserves, which
  GraSP is about (Wang et al. 2020). Only masked leaves count, and of
  the sparse net only active weights; in training mode.

  Args:
    workdirs: of the run, which starts from weights of its own.
    step: of the masks, one that the run keeps (0, the last few,
      `checkpoint.keep_steps`); the last by default.
    rewind: whether the sparse net has the weights of the dense one; without,
      those that it has at `step`.
    temperature: divisor of the logits; `None` for none.
    examples: number of examples, the first of the training split; those of the
      run's probes by default.
    batch_size: examples at once, of which BatchNorm takes its statistics; those
      of a training step by default.

  Returns:
    `sparse_gradient_norm` and `dense_gradient_norm`; `gradient_norm_ratio` and
    `squared_gradient_norm_ratio`, of the sparse net to the dense one; and of
    the sparse net `probe_loss`, on these examples, and `test_loss`, both in
    nats and at the temperature 1. And a table by layer in forward order.

  Raises:
    ValueError: not one finished run, a step that is not kept, a number that
      does not fit, a loss without temperature, or a run that took its weights
      from another or drew them for its masks.
  """
  if temperature is not None and not temperature > 0:
    raise ValueError(f'temperature is {temperature}; accepted is above 0')
  (run,) = finished.load_each(workdirs, count=1)
  net = finished.solution(run, step)
  dense = _dense(run)
  if rewind:
    params = apply_masks(dense.params, net.masks)
    net = Solution(params, net.masks, dense.model_state)
  size = run.experiment.config.gradient_flow.probe_size
  splits = measures.train_batches(
    run,
    size if examples is None else examples,
    run.experiment.config.batch_size if batch_size is None else batch_size,
  )
  loss, of_sparse = _measure(run, net, splits, temperature)
  _, of_dense = _measure(run, dense, splits, temperature)
  layers, active = measures.masked_leaves(run), active_by_path(net.masks)
  sparse_norms, dense_norms = (
    np.array([norms[path] for path in layers])
    for norms in (of_sparse, of_dense)
  )
  sparse_norm, dense_norm = (
    float(np.linalg.norm(norms)) for norms in (sparse_norms, dense_norms)
  )
  ratio = sparse_norm / dense_norm
  return Result(
    {
      'sparse_gradient_norm': sparse_norm,
      'dense_gradient_norm': dense_norm,
      'gradient_norm_ratio': ratio,
      'squared_gradient_norm_ratio': ratio**2,
      'probe_loss': loss,
      'test_loss': _test_loss(run, net),
    },
    {
      'layer': layers,
      'active': [active[path] for path in layers],
      'gradient_norm': sparse_norms,
      'dense_gradient_norm': dense_norms,
      'ratio': np.divide(
        sparse_norms,
        dense_norms,
        out=np.full_like(sparse_norms, np.nan),
        where=dense_norms > 0,
      ),
    },
  )


def _dense(run: Finished) -> Solution:
  """Draws all weights of which the run starts with those in its masks."""
  experiment = run.experiment
  init = experiment.config.init
  if init.name != 'dense' or init.checkpoint or init.signs:
    raise ValueError(
      f'{run.root} starts from weights that are not those of a dense net drawn'
      ' by its seed; accepted is init.name=dense without init.checkpoint and'
      ' init.signs'
    )
  inputs = experiment.example[0]
  params, _ = unfused.jit(experiment.task.init)(
    prng.stream(experiment.member.key, 'init'),
    jnp.zeros(inputs.shape, inputs.dtype),
  )
  start = finished.solution(run, run.first_step)
  masked = apply_masks(params, start.masks)
  close = jax.tree.map(jnp.allclose, masked, start.params)
  if not all(jax.tree.leaves(close)):
    raise ValueError(
      f'{run.root} starts from other weights than its seed draws here; accepted'
      ' is a run of a method that leaves them as they are, and of this JAX'
    )
  return Solution(params, full_masks(params, start.masks), start.model_state)


def _measure(
  run: Finished,
  net: Solution,
  splits: Sequence[Split],
  temperature: float | None,
) -> tuple[float, dict[Path, float]]:
  """Returns the loss, and the norm of the gradient by each masked leaf."""
  gradient = _gradient(run)
  key = prng.stream(run.experiment.member.key, 'probe')
  loss, grads = measures.mean_over(
    splits, lambda split: gradient(net, split, key, temperature)
  )
  leaves = paths.flatten(jax.device_get(grads))
  norms = {path: float(np.linalg.norm(leaf)) for path, leaf in leaves.items()}
  return float(loss), norms


@measures.by_model
def _gradient(task: Task, how: Pixels) -> Callable[..., Measured]:
  batches = batch_of(how)

  @jax.jit
  def gradient(
    net: Solution, split: Split, key: jax.Array, temperature: float | None
  ) -> Measured:
    loss = scoring.loss(task, net.model_state, batches, split, key)
    rows = jnp.arange(len(split.labels))
    at = gradients.objective(
      Probe(loss, rows[None]), net.params, net.masks, temperature=temperature
    )
    grads = apply_masks(gradients.gradient(at), net.masks)
    return loss(net.params, rows), grads

  return gradient


def _test_loss(run: Finished, net: Solution) -> float:
  logits = jnp.asarray(measures.logits_on_test(run, net))
  labels = jnp.asarray(measures.labels_on_test(run))
  return float(np.mean(run.experiment.task.example_loss(logits, labels)))
