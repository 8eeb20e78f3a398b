"""Instability of training to its random streams (Frankle et al. 2020)."""

import itertools
import pathlib
import statistics
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from jaxsparse.analyses import _batch_norm, _error_lines
from jaxsparse.analyses._error_lines import SPLITS, ErrorLines
from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis.solutions import Solution
from jaxsparse.config import identity
from jaxsparse.core import paths
from jaxsparse.plotting.lines import Lines
from jaxsparse.results.statistics import spread
from jaxsparse.runs import finished
from jaxsparse.runs.finished import Finished

# Training is stable if the error rises by less.
_STABLE = 0.02
# Fields of random streams.
_RANDOM = ('config.seed:', 'config.streams:')


@Lines(
  title='Error on the line between children of one start',
  caption=('At 0 and 1 are runs that differ in random streams alone',),
  alt='Highest errors on the way',
  x='alpha',
  y={'error': 'classification error'},
  by='split',
  names=SPLITS,
  panels='by',
  xlabel='way between the children',
)
def instability(
  workdirs: Sequence[pathlib.Path],
  *,
  points: int = 30,
  examples: int | None = None,
  batch_norm: str = 'interpolated',
) -> Result:
  """Measures how far random streams drive training apart (Frankle et al. 2020).

  Instability is the highest error on the straight line between two children of
  one start, less the mean of the errors of both. Training is stable from that
  start on if it is less than 2 points.

  Args:
    workdirs: of two or more children: runs from one start that differ in
      random streams alone (`seed`, `streams`).
    points: number of points of each line, evenly spaced, the ends among them.
    examples: number of examples, the first of each split; all by default.
    batch_norm: statistics of BatchNorm at each point, `interpolated` between
      those of both ends, or `recomputed` on the training examples. The paper
      does not mention recomputing them.

  Returns:
    `test_instability` and `train_instability`, fractions, mean and deviation
    over all pairs of children, and `stable_on_test` and `stable_on_train`, 1
    where the mean is below 0.02 and else 0. And a table by split: the mean
    error at each point, that of each pair (`error_1_2` ...), and `batch_norm`.

  Raises:
    ValueError: fewer than two finished runs, runs that differ in more than
      random streams or not at all, or in their start, a number that does not
      fit, no `examples` where the training split stays on disk, or
      `recomputed` of a model without BatchNorm.
  """
  _batch_norm.check(batch_norm)
  runs = finished.load_each(workdirs, least=2)
  differences = [
    _random_differences(*pair) for pair in itertools.combinations(runs, 2)
  ]
  _check_starts(runs)
  pairs = list(itertools.combinations(map(finished.solution, runs), 2))
  lines = _error_lines.measure(
    runs[0], pairs, points=points, examples=examples, batch_norm=batch_norm
  )
  numbers: dict[str, Any] = {}
  verdicts = []
  for split, barriers in lines.barriers.items():
    stable = statistics.fmean(barriers) < _STABLE
    numbers |= {
      f'{split}_instability': spread(barriers),
      f'stable_on_{split}': float(stable),
    }
    verdicts.append(f'{"" if stable else "un"}stable on the {SPLITS[split]}')
  text = (
    f'{" and ".join(verdicts)}; statistics of BatchNorm {batch_norm};'
    f' children differ in {", ".join(dict.fromkeys(differences))}'
  )
  return Result(numbers, _table(lines, len(runs), batch_norm), text)


def _table(lines: ErrorLines, children: int, batch_norm: str) -> dict[str, Any]:
  """Returns a row a point and split: mean errors, and those of each pair."""
  errors = np.concatenate(list(lines.errors.values()), axis=1)
  pairs = itertools.combinations(range(1, children + 1), 2)
  return {
    'split': np.repeat(list(SPLITS), len(lines.alphas)),
    'alpha': np.tile(lines.alphas, len(SPLITS)),
    'error': errors.mean(axis=0),
    **{
      f'error_{i}_{j}': row for (i, j), row in zip(pairs, errors, strict=True)
    },
    'batch_norm': [batch_norm] * errors.shape[1],
  }


def _random_differences(one: Finished, other: Finished) -> str:
  """Returns how the configs of runs differ, in random streams alone.

  Raises:
    ValueError: they differ in other fields, or not at all.
  """
  configs = one.experiment.config, other.experiment.config
  differences = identity.differences(*configs)
  not_random = [d for d in differences if not d.startswith(_RANDOM)]
  if not_random or not differences:
    what = '; '.join(not_random) or 'nothing'
    raise ValueError(
      f'{one.root} and {other.root} differ in {what}; accepted are runs that'
      ' differ in random streams alone (config.seed, config.streams)'
    )
  return '; '.join(differences)


def _check_starts(runs: Sequence[Finished]) -> None:
  """Raises `ValueError` unless all runs start from one state."""
  first, *rest = (
    _leaves(finished.solution(run, run.first_step)) for run in runs
  )
  for run, leaves in zip(runs[1:], rest, strict=True):
    for path, leaf in first.items():
      if not np.array_equal(leaf, leaves[path]):
        raise ValueError(
          f'{runs[0].root} and {run.root} start from other values of {path!r};'
          ' accepted are runs from one start (init.checkpoint)'
        )


def _leaves(net: Solution) -> dict[str, np.ndarray]:
  return paths.flatten(jax.device_get(net._asdict()))
