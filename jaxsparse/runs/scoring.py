"""The examples that methods score weights on before the first step."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.config.run_config import ScoringConfig
from jaxsparse.core import controls, initialisation, paths, prng
from jaxsparse.core.types import Params, PyTree
from jaxsparse.data import order, resident
from jaxsparse.data.datasets import Split
from jaxsparse.data.pixels import Pixels, normalised
from jaxsparse.runs import scoring_checks
from jaxsparse.runs.build import Experiment, seed_words
from jaxsparse.training.task import Task

BatchOf = Callable[[Split, jax.Array], PyTree]


@functools.lru_cache(maxsize=32)
def batch_of(pixels: Pixels) -> BatchOf:
  """Returns `(data, indices) -> batch`, which gathers from a resident split."""

  def batch(data: Split, indices: jax.Array) -> dict[str, jax.Array]:
    gathered = resident.gather(data.images, data.labels, indices, pixels.scale)
    return gathered | {'image': normalised(gathered['image'], pixels)}

  return batch


def shape(experiment: Experiment) -> tuple[int, int]:
  """Returns the number of batches and the examples of each."""
  config = experiment.config
  batches, parts = config.scoring.batches, config.scoring.parts
  size = scoring_checks.scored_at_once(config, experiment.dataset.num_classes)
  return batches * parts, size // parts


def rows(experiment: Experiment) -> np.ndarray:
  """Returns the numbers of the examples by batch, int32 [batches, examples].

  Raises:
    ValueError: the data have too few examples of a class.
  """
  config = experiment.config.scoring
  labels = experiment.dataset.train.labels
  words = seed_words(experiment.config, 'scoring')
  if config.per_class:
    chosen = _balanced(labels, experiment.dataset.num_classes, config, words)
  elif config.batch_size:
    chosen = order.batch_indices(
      words, len(labels), config.batch_size, 0, config.batches
    )
  else:
    chosen = experiment.batches(0, config.batches)
  if config.by_class:
    places = np.argsort(np.asarray(labels)[chosen], axis=1, kind='stable')
    chosen = np.take_along_axis(chosen, places, axis=1)
  return chosen.reshape(shape(experiment)).astype(np.int32)


def corrupted(
  kinds: tuple[str, ...],
  num_classes: int,
  batches: BatchOf,
  key: jax.Array,
) -> BatchOf:
  """Returns `(data, rows) -> batch` of corrupted examples.

  Args:
    kinds: of `run_config.CORRUPTIONS`; none leaves the examples as they are.
    num_classes: of the data.
    batches: `(data, places) -> batch`.
    key: a PRNG key.

  Returns:
    A function whose `rows` are int32 [b, 2]: the place of each example in
    `data`, and its number in the whole split, which decides what it becomes.
  """

  def batch(data: Split, pairs: jax.Array) -> PyTree:
    places, rows = pairs[:, 0], pairs[:, 1]
    out = batches(data, places)
    if 'labels' in kinds:
      labels_key = prng.stream(key, 'labels')
      labels = controls.random_labels(rows, num_classes, key=labels_key)
      out = out | {'label': labels}
    if 'pixels' in kinds:
      images = controls.permuted_pixels(
        out['image'], rows, key=prng.stream(key, 'pixels')
      )
      out = out | {'image': images}
    return out

  return batch


def _balanced(
  labels: np.ndarray,
  num_classes: int,
  config: ScoringConfig,
  words: tuple[int, ...],
) -> np.ndarray:
  """Draws batches with `per_class` examples of each class, none twice."""
  needed = config.batches * config.per_class
  by_class = []
  for number in range(num_classes):
    members = np.flatnonzero(np.asarray(labels) == number)
    if len(members) < needed:
      raise ValueError(
        f'config.scoring.per_class: got {config.per_class} in'
        f' {config.batches} batches, and class {number} has {len(members)}'
        f' examples; accepted is at most {len(members) // config.batches}'
      )
    drawn = members[order.permutation(words, len(members), number)[:needed]]
    by_class.append(drawn.reshape(config.batches, config.per_class))
  drawn = np.concatenate(by_class, axis=1)
  places = [
    order.permutation(words, drawn.shape[1], num_classes + batch)
    for batch in range(config.batches)
  ]
  return np.take_along_axis(drawn, np.stack(places), axis=1)


def loss(
  task: Task, model_state: PyTree, batches: BatchOf, data: Split, key: jax.Array
) -> Callable[..., jax.Array]:
  """Returns the loss of a `Probe` whose batches are rows of `data`.

  It takes a `temperature` if that of the task does.
  """

  def value(params: Params, rows: jax.Array, **options: Any) -> jax.Array:
    if len(rows) == 1 and jax.tree.leaves(model_state):
      raise ValueError(
        'the method takes the gradient of one example, and the model has'
        " statistics of batches, as BatchNorm's; accepted of obd is diagonal"
        ' hessian'
      )
    batch = batches(data, rows)
    out = task.loss(params, model_state, batch, key=key, train=True, **options)
    return out[0]

  def tempered(params, rows, *, temperature=None):
    return value(params, rows, temperature=temperature)

  takes = 'temperature' in inspect.signature(task.loss).parameters
  return tempered if takes else value


def with_glorot_dense(params: Params, *, key: jax.Array) -> Params:
  """Draws the kernels of dense layers anew, from Glorot's normal distribution.

  The authors of GraSP score these weights, and train others.
  """
  is_kernel = paths.kernels_of(params)

  def matrix(path: str, leaf: jax.Array) -> jax.Array | None:
    dense = leaf.ndim == 2 and is_kernel(path, leaf.shape)
    return jnp.ones(leaf.shape, bool) if dense else None

  return initialisation.layer_scaled(
    params,
    paths.map_with_path(matrix, params),
    key=key,
    scale=1.0,
    fan='fan_avg',
  )
