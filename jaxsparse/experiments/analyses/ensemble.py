"""What several finished runs gain as an ensemble, and how much they differ."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analysis import similarity
from jaxsparse.experiments import finished, measures, summary
from jaxsparse.experiments.findings import Finding


def ensemble(
  pools: Sequence[Sequence[pathlib.Path]], *, step: int | None = None
) -> Finding:
  """The ensemble of the runs of a pool, on the test split.

  Args:
    pools: one pool of runs; of each, all replicates are in the ensemble.
    step: of all of them; their ends by default.

  Returns:
    `ensemble_accuracy` of the mean probabilities and `ensemble_gain` over the
    mean member, both fractions; with two members or more also
    `pairwise_disagreement`, mean and deviation over all pairs of members.

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
  labels = runs[0].experiment.dataset.test.labels
  accuracy, _, gain = similarity.ensemble(logits, labels)
  numbers = {'ensemble_accuracy': accuracy, 'ensemble_gain': gain}
  if len(runs) == 1:
    return Finding(numbers)
  between = similarity.pairwise(similarity.disagreement, logits)
  pairs = [between[i, j] for i in range(len(runs)) for j in range(i)]
  return Finding({**numbers, 'pairwise_disagreement': summary.spread(pairs)})
