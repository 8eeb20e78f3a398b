"""Classification errors on the straight lines between nets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxsparse.analyses import _batch_norm
from jaxsparse.analysis import landscape
from jaxsparse.analysis.solutions import Solution
from jaxsparse.runs import measures
from jaxsparse.runs.finished import Finished

# Split -> its name in figures.
SPLITS = {'test': 'test split', 'train': 'training split'}


class ErrorLines(NamedTuple):
  """Errors on the lines of several pairs of nets.

  Attributes:
    alphas: [points], from 0 to 1.
    errors: split -> fractions, [pairs, points].
    barriers: split -> the highest error on a line less the mean of those of its
      ends, [pairs].
  """

  alphas: np.ndarray
  errors: dict[str, np.ndarray]
  barriers: dict[str, list[float]]


def measure(
  run: Finished,
  pairs: Sequence[tuple[Solution, Solution]],
  *,
  points: int,
  examples: int | None,
  batch_norm: str,
) -> ErrorLines:
  """Measures the errors on the lines between pairs of nets.

  Args:
    run: of the model and the data of all nets.
    pairs: the ends of the lines; their masks may differ.
    points: evenly spaced, the ends among them.
    examples: the first of each split; all if `None`.
    batch_norm: as for `_batch_norm.recompute`, on the training examples.

  Raises:
    ValueError: a number that does not fit, a text, no `examples` where the
      training split stays on disk, or `recomputed` of a model without
      BatchNorm.
  """
  if points < 2:
    raise ValueError(f'points is {points}; accepted is >= 2')
  if run.experiment.is_text:
    raise ValueError(f'{run.root} is of a text; accepted are data with classes')
  batches = {
    'test': measures.batches_on_test(run, examples),
    'train': measures.train_batches(run, examples),
  }
  recompute = _batch_norm.recompute(
    run, pairs[0][0], batches['train'], batch_norm
  )
  alphas = np.linspace(0, 1, points)
  errors = {
    split: np.stack(
      [
        landscape.line(
          measures.loss_and_error(run),
          *ends,
          batches[split],
          alphas=alphas.tolist(),
          recompute=recompute,
          same_masks=False,
        ).values['error']
        for ends in pairs
      ]
    )
    for split in SPLITS
  }
  barriers = {
    split: [landscape.barrier(alphas, line).above_mean for line in lines]
    for split, lines in errors.items()
  }
  return ErrorLines(alphas, errors, barriers)
