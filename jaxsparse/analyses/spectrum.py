"""The Hessian's spectrum at one step of a finished run."""

import pathlib
from collections.abc import Sequence

import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import hessian as hessian_lib
from jaxsparse.plotting.distributions import Histogram
from jaxsparse.runs import finished, measures
from jaxsparse.runs.finished import Finished


@Histogram(
  title='Spectrum of the Hessian',
  caption=('Eigenvalues of the training loss over active weights',),
  alt='Eigenvalues below -0.001',
  y={'eigenvalue': 'eigenvalues'},
  panels='runs',
  xlabel='eigenvalue',
  linear=1e-3,
)
def spectrum(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int | None = None,
  examples: int = 1000,
  below: float = -1e-3,
  max_size: int = 20_000,
) -> Result:
  """Computes eigenvalues over active weights at a kept step, for any method.

  Exact, as in Evci et al. 2022; `hessian` compares both sides of a mask step.

  Args:
    workdirs: of the run.
    step: one that the run keeps (0, the last few, `checkpoint.keep_steps`);
      the last by default.
    examples: number of examples, the first of the training split.
    below: eigenvalues below it count as negative; <= 0.
    max_size: the most active weights accepted.

  Returns:
    `negative_eigenvalues`, `negative_sum`, `lowest_eigenvalue` and
    `highest_eigenvalue`, of the training loss. And a table of all eigenvalues.

  Raises:
    ValueError: not one finished run, a step that is not kept, or more active
      weights than `max_size`.
  """
  (run,) = finished.load_each(workdirs, count=1)
  eigenvalues = exact(run, step, examples, max_size)
  number, total = hessian_lib.negative(eigenvalues, below=below)
  return Result(
    {
      'negative_eigenvalues': number,
      'negative_sum': total,
      'lowest_eigenvalue': eigenvalues[0],
      'highest_eigenvalue': eigenvalues[-1],
    },
    {'eigenvalue': eigenvalues},
  )


def exact(
  run: Finished, step: int | None, examples: int, max_size: int
) -> np.ndarray:
  """Computes all eigenvalues after `step` steps, or the last if `None`, [n].

  Raises:
    ValueError: the step is not kept, or there are more active weights than
      `max_size`.
  """
  net = finished.solution(run, step)
  loss, batches = measures.loss_and_batches(run, net, examples)
  return hessian_lib.spectrum(
    loss, net.params, net.masks, batches, max_size=max_size
  ).eigenvalues
