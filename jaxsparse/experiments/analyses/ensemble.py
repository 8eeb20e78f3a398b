"""What several finished runs gain as an ensemble, and how much they differ."""

import itertools
import pathlib
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from jaxsparse.analysis import similarity
from jaxsparse.experiments import finished, measures, summary
from jaxsparse.experiments.findings import Finding


def ensemble(
  pools: Sequence[Sequence[pathlib.Path]], *, step: int | None = None
) -> Finding:
  """The ensemble of the runs of a pool, on the test split.

  Of a text each character that is told counts as an example.

  Args:
    pools: one pool of runs; of each, all replicates are in the ensemble.
    step: of all of them; their ends by default.

  Returns:
    `ensemble_accuracy` of the mean probabilities and `ensemble_gain` over the
    mean member, both fractions; with two members or more also
    `pairwise_disagreement`, mean and deviation over all pairs of members. With
    three or more each has an interval, by the jackknife.

  Raises:
    ValueError: not one pool, runs that are not finished or on other data, or
      a step that is not kept.
  """
  if len(pools) != 1:
    raise ValueError(f'got {len(pools)} pools of runs; accepted is 1 pool')
  runs = finished.load_pool(pools[0])
  logits = [
    measures.logits_on_test(run, finished.solution(run, step)) for run in runs
  ]
  labels = measures.labels_on_test(runs[0])
  between = similarity.pairwise(similarity.disagreement, logits)

  def whole(members: Sequence[int]) -> similarity.Ensemble:
    return similarity.ensemble([logits[i] for i in members], labels)

  def pairs(members: Sequence[int]) -> list[float]:
    return [between[i, j] for i, j in itertools.combinations(members, 2)]

  every = range(len(runs))
  numbers = {
    'ensemble_accuracy': _number(lambda some: whole(some).accuracy, every),
    'ensemble_gain': _number(lambda some: whole(some).gain, every),
  }
  if len(runs) > 1:
    mean = _number(lambda some: statistics.fmean(pairs(some)), every)
    numbers['pairwise_disagreement'] = mean | summary.spread(pairs(every))
  return Finding(numbers)


def _number(
  statistic: Callable[[Sequence[int]], float], members: Sequence[int]
) -> dict[str, Any]:
  """A number of all members together, with what each contributes."""
  found = {'mean': statistic(members), 'std': None}
  if len(members) < 3:
    return found
  return found | {'jackknife': summary.jackknife(statistic, members)}
