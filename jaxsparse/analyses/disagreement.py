"""Disagreement of the predictions of two finished runs, also by class."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import similarity
from jaxsparse.plotting.bars import Bars
from jaxsparse.runs import finished, measures
from jaxsparse.runs.finished import Finished


@Bars(
  title='Disagreement by class',
  caption=(
    'Predictions of a run and of {other}, of test examples by their own class',
  ),
  alt='Shares by class',
  x='class',
  y={
    'disagreement': 'share predicted differently',
    'kl_to_other': 'KL from the run to the other (nats)',
    'kl_from_other': 'KL from the other to the run (nats)',
  },
  most=20,
)
def disagreement(
  workdirs: Sequence[pathlib.Path], *, step: int | None = None
) -> Result:
  """Measures the disagreement of two runs on the test split (Evci et al. 2022).

  In a text each predicted character counts as an example.

  Args:
    workdirs: of the run, and of the other, whose end is used.
    step: of the run; its end by default.

  Returns:
    `disagreement`, the fraction of examples that they predict differently, in
    [0, 1]; `symmetric_kl` of their predictions in nats, the mean of
    `kl_to_other`, KL(run || other), and `kl_from_other`, KL(other || run);
    and `jensen_shannon`, their Jensen-Shannon divergence, in [0, ln 2] nats.
    And a table of the same, and of both accuracies, by the examples' class.

  Raises:
    ValueError: not two finished runs on the same data, or a step that is not
      kept.
  """
  runs = finished.load_each(workdirs, count=2)
  first, second = (
    measures.logits_on_test(run, finished.solution(run, at))
    for run, at in zip(runs, (step, None), strict=True)
  )
  kl_to, kl_from = similarity.kl(first, second), similarity.kl(second, first)
  return Result(
    {
      'disagreement': similarity.disagreement(first, second),
      'symmetric_kl': (kl_to + kl_from) / 2,
      'kl_to_other': kl_to,
      'kl_from_other': kl_from,
      'jensen_shannon': similarity.jensen_shannon(first, second),
    },
    _by_class(runs[0], first, second),
  )


def _by_class(
  run: Finished, first: np.ndarray, second: np.ndarray
) -> dict[str, Any]:
  """Returns the classes of the test split, and the measures within each."""
  labels = measures.labels_on_test(run)
  classes, counts = np.unique(labels, return_counts=True)
  parts = [(c, first[labels == c], second[labels == c]) for c in classes]
  columns = {
    'accuracy': [np.mean(a.argmax(1) == c) for c, a, _ in parts],
    'accuracy_other': [np.mean(b.argmax(1) == c) for c, _, b in parts],
    'disagreement': [similarity.disagreement(a, b) for _, a, b in parts],
    'kl_to_other': [similarity.kl(a, b) for _, a, b in parts],
    'kl_from_other': [similarity.kl(b, a) for _, a, b in parts],
    'jensen_shannon': [similarity.jensen_shannon(a, b) for _, a, b in parts],
  }
  names: Any = classes
  if run.experiment.is_text:
    names = [repr(chr(c)) for c in classes]
  return {'class': names, 'examples': counts, **columns}
