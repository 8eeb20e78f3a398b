"""How often two finished runs predict different classes."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analysis import similarity
from jaxsparse.experiments import finished, measures


def disagreement(
  workdirs: Sequence[pathlib.Path], *, step: int | None = None
) -> dict[str, float]:
  """Disagreement of two runs on the test split (Evci et al. 2022).

  Of a text each character that is told counts as an example.

  Args:
    workdirs: of the run, and of the other, which is taken at its end.
    step: of the run; its end by default.

  Returns:
    `disagreement`, the share of examples that they predict differently, in
    [0, 1]; `symmetric_kl` of their predictions in nats.

  Raises:
    ValueError: not two finished runs on the same data, or a step that is not
      kept.
  """
  runs = finished.load_each(workdirs, count=2)
  first, second = (
    measures.logits_on_test(run, finished.solution(run, at))
    for run, at in zip(runs, (step, None), strict=True)
  )
  return {
    'disagreement': similarity.disagreement(first, second),
    'symmetric_kl': similarity.symmetric_kl(first, second),
  }
