"""Measurements by analyses of the nets of finished runs, on their data."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsparse.analysis import similarity
from jaxsparse.analysis.landscape import Measure
from jaxsparse.analysis.products import BatchLoss
from jaxsparse.analysis.solutions import Solution
from jaxsparse.core.types import Params, Path, PyTree
from jaxsparse.data import resident
from jaxsparse.data.datasets import Split
from jaxsparse.data.pixels import Pixels, normalised, scaled
from jaxsparse.runs import targets
from jaxsparse.runs.finished import Finished
from jaxsparse.training.task import Task

_T = TypeVar('_T')


def by_model(build: Callable[[Task, Pixels], _T]) -> Callable[[Finished], _T]:
  """Returns a function of runs that builds once for all runs of one model."""
  cached = functools.lru_cache(maxsize=32)(build)

  @functools.wraps(build)
  def of_run(run: Finished) -> _T:
    return cached(run.experiment.task, run.experiment.pixels)

  return of_run


def masked_leaves(run: Finished) -> list[Path]:
  """Returns the paths of the leaves with a mask, in forward order."""
  experiment = run.experiment
  used = targets.in_forward_order(
    experiment.task, experiment.params, experiment.example[0]
  )
  return [path for path in used if path in experiment.target_counts]


def logits_on_test(run: Finished, solution: Solution) -> np.ndarray:
  """Returns the logits of a net on its test split, [n, classes], in its order.

  For a text, the rows are the predicted characters, so that runs which cut it
  into sequences of other lengths have rows in common.
  """
  labels = run.experiment.dataset.test.labels
  logits = similarity.collect_logits(
    _predictor(run),
    (solution.params, solution.model_state),
    images_on_test(run),
  )[: len(labels)]
  return logits if labels.ndim == 1 else logits[labels >= 0]


def labels_on_test(run: Finished) -> np.ndarray:
  """Returns the label of each row of `logits_on_test`, [n]."""
  labels = np.asarray(run.experiment.dataset.test.labels)
  return labels[labels >= 0]


def images_on_test(run: Finished) -> Iterator[np.ndarray]:
  """Iterates over the stored images of the test split in batches of one shape.

  The last batch is padded with repeated examples.
  """
  data = run.experiment.dataset.test
  indices, _ = resident.eval_batches(len(data.labels), _batch_size(run))
  return (data.images[rows] for rows in indices)


def train_batches(
  run: Finished, examples: int | None = None, batch_size: int | None = None
) -> list[Split]:
  """Loads the first `examples` of the training split (or all) on the device.

  Batches have `batch_size` examples, by default as in the run's evaluation.

  Raises:
    ValueError: a number is below 1, or `examples` is `None` and the split
      stays on disk.
  """
  size = _batch_size(run) if batch_size is None else batch_size
  for name, value in (('examples', examples), ('batch_size', size)):
    if value is not None and value < 1:
      raise ValueError(f'{name} is {value}; accepted is >= 1')
  data = run.experiment.dataset.train
  if examples is None and run.experiment.streamed:
    raise ValueError(
      f'examples is None, and the {len(data.labels):,} of {run.root} stay on'
      ' disk; accepted is how many of them are to be read'
    )
  return _batches(data, examples, size)


def batches_on_test(run: Finished, examples: int | None) -> list[Split]:
  """Loads the first `examples` of the test split (or all) on the device."""
  return _batches(run.experiment.dataset.test, examples, _batch_size(run))


def _batches(data: Split, examples: int | None, size: int) -> list[Split]:
  images, labels = data.images[:examples], data.labels[:examples]
  return [
    resident.put(Split(images[i : i + size], labels[i : i + size]))
    for i in range(0, len(labels), size)
  ]


def mean_over(
  splits: Sequence[Split], measure: Callable[[Split], PyTree]
) -> PyTree:
  """Returns the mean of `measure` over the examples of several batches."""
  total = sum(len(split.labels) for split in splits)
  parts = []
  for split in splits:
    share = np.float32(len(split.labels) / total)
    parts.append(jax.tree.map(lambda x, s=share: s * x, measure(split)))
  return jax.tree.map(lambda *x: jnp.sum(jnp.stack(x), 0), *parts)


@by_model
def loss_and_error(task: Task, how: Pixels) -> Measure:
  """Returns `(params, model_state, batch) -> {'loss', 'error'}` of a `Split`.

  The means of the cross entropy in nats, and of wrong predictions in [0, 1]; in
  evaluation mode, without terms of regularisation.
  """

  def measure(
    params: Params, model_state: PyTree, batch: Split
  ) -> Mapping[str, jax.Array]:
    logits = task.logits(params, model_state, pixels(batch.images, how))
    labels = jnp.asarray(batch.labels)
    wrong = jnp.argmax(logits, axis=-1) != labels
    return {
      'loss': jnp.mean(task.example_loss(logits, labels)),
      'error': jnp.mean(wrong.astype(jnp.float32)),
    }

  return measure


@by_model
def batch_loss(task: Task, how: Pixels) -> BatchLoss:
  """Returns `(params, (split, model_state)) -> scalar`, the loss of above."""

  def loss(params: Params, batch: tuple[Split, PyTree]) -> jax.Array:
    split, model_state = batch
    logits = task.logits(params, model_state, pixels(split.images, how))
    return jnp.mean(task.example_loss(logits, jnp.asarray(split.labels)))

  return loss


def loss_and_batches(
  run: Finished,
  net: Solution,
  examples: int | None = None,
  batch_size: int | None = None,
) -> tuple[BatchLoss, list[tuple[Split, PyTree]]]:
  """Returns `batch_loss` and the batches that it takes of `net`.

  Raises:
    ValueError: as for `train_batches`.
  """
  splits = train_batches(run, examples, batch_size)
  return batch_loss(run), [(split, net.model_state) for split in splits]


def _batch_size(run: Finished) -> int:
  return run.experiment.config.eval.batch_size


@by_model
def _predictor(task: Task, how: Pixels) -> Callable[..., jax.Array]:
  def predict(net: tuple[Params, PyTree], images: ArrayLike) -> jax.Array:
    return task.logits(*net, pixels(images, how))

  return predict


def pixels(images: ArrayLike, how: Pixels) -> jax.Array:
  """Converts stored images to inputs of the model: float32; text int32."""
  return normalised(scaled(images, how.scale), how)
