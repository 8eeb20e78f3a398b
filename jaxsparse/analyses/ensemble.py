"""Accuracy gain of an ensemble of finished runs, and their disagreement."""

import functools
import itertools
import pathlib
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import similarity
from jaxsparse.plotting.maps import Ensembles
from jaxsparse.results.statistics import jackknife, spread
from jaxsparse.runs import finished, measures
from jaxsparse.runs.finished import Finished


@Ensembles(
  title='Ensembles and their members',
  caption=(
    'On the test split',
    'an ensemble has the mean of its members’ probabilities, and members are'
    ' compared with one another',
  ),
  alt='Accuracies',
  member='member',
  score='accuracy',
  whole='ensemble',
  between='with_',
  headings=('test accuracy (%)', 'share predicted differently'),
)
def ensemble(
  pools: Sequence[Sequence[pathlib.Path]], *, step: int | None = None
) -> Result:
  """Evaluates the ensemble of the runs of a pool on the test split.

  In a text each predicted character counts as an example.

  Args:
    pools: one pool of runs.
    step: of all of them; their ends by default.

  Returns:
    `ensemble_accuracy` of the mean probabilities and `ensemble_gain` over the
    mean member, both fractions; with two members or more also
    `pairwise_disagreement`, mean and deviation over all pairs of members. With
    three or more each has an interval, by the jackknife. And a table of the
    members: `accuracy` of each, `ensemble` of all, and in `with_1` ... the
    disagreement with each, in their order.

  Raises:
    ValueError: not one pool, runs that are not finished or on other data, or
      a step that is not kept.
  """
  if len(pools) != 1:
    raise ValueError(f'got {len(pools)} pools of runs; accepted is 1 pool')
  runs = finished.load_each(pools[0])
  logits = [
    measures.logits_on_test(run, finished.solution(run, step)) for run in runs
  ]
  labels = measures.labels_on_test(runs[0])
  between = similarity.pairwise(similarity.disagreement, logits)

  @functools.cache
  def whole(*members: int) -> similarity.Ensemble:
    return similarity.ensemble([logits[i] for i in members], labels)

  def pairs(members: Sequence[int]) -> list[float]:
    return [between[i, j] for i, j in itertools.combinations(members, 2)]

  indices = range(len(runs))
  numbers = {
    'ensemble_accuracy': _number(lambda some: whole(*some).accuracy, indices),
    'ensemble_gain': _number(lambda some: whole(*some).gain, indices),
  }
  if len(runs) > 1:
    mean = _number(lambda some: statistics.fmean(pairs(some)), indices)
    numbers['pairwise_disagreement'] = mean | spread(pairs(indices))
  return Result(numbers, _table(runs, whole(*indices), between))


def _number(
  statistic: Callable[[Sequence[int]], float], members: Sequence[int]
) -> dict[str, Any]:
  """Returns a statistic of all members, with its jackknife values."""
  number = {'mean': statistic(members), 'std': None}
  if len(members) < 3:
    return number
  return number | {'jackknife': jackknife(statistic, members)}


def _table(
  runs: Sequence[Finished], whole: similarity.Ensemble, between: np.ndarray
) -> dict[str, Any]:
  """Returns a row per member; the ensemble's accuracy is in every row."""
  return {
    'member': [run.root.name for run in runs],
    'accuracy': whole.members,
    'ensemble': [whole.accuracy] * len(runs),
    **{f'with_{i}': column for i, column in enumerate(between.T, 1)},
  }
