"""The Hessian's spectrum before and after a mask step of a finished run."""

import pathlib
from collections.abc import Sequence

import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analyses.spectrum import exact
from jaxsparse.analysis import hessian as hessian_lib
from jaxsparse.plotting.distributions import Histogram
from jaxsparse.runs import finished
from jaxsparse.runs.finished import Finished


@Histogram(
  title='Spectrum of the Hessian before and after a mask step',
  caption=('Eigenvalues of the training loss over active weights',),
  alt='Eigenvalues below -0.001',
  y={'eigenvalue': 'eigenvalues'},
  by='side',
  names={'before': 'before the step', 'after': 'after the step'},
  panels='runs',
  xlabel='eigenvalue',
  linear=1e-3,
)
def hessian(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int,
  examples: int = 1000,
  below: float = -1e-3,
  max_size: int = 20_000,
) -> Result:
  """Computes eigenvalues over active weights before and after a mask step.

  Evci et al. 2022, section on the Hessian. The two nets are those after `step`
  and after `step + 1` steps; `checkpoint.keep_steps` of the run must have both
  (the analysis `spectrum` is of one step). Where a mask step also takes an
  optimiser step (SET, SNFS, GMP), the difference includes it.

  Args:
    workdirs: of the run.
    step: a mask step of it.
    examples: number of examples, the first of the training split.
    below: eigenvalues below it count as negative; <= 0.
    max_size: the most active weights accepted.

  Returns:
    `negative_eigenvalues_before`, `negative_sum_before` and
    `lowest_eigenvalue_before`: how many, their sum and the lowest, of the
    training loss; the same `..._after`. And a table of all eigenvalues.

  Raises:
    ValueError: not one finished run, no mask step, steps that are not kept,
      or more active weights than `max_size`.
  """
  (run,) = finished.load_each(workdirs, count=1)
  check_step(run, step)
  spectra = {
    side: exact(run, at, examples, max_size)
    for side, at in (('before', step), ('after', step + 1))
  }
  numbers: dict[str, float] = {}
  for side, spectrum in spectra.items():
    number, total = hessian_lib.negative(spectrum, below=below)
    numbers[f'negative_eigenvalues_{side}'] = number
    numbers[f'negative_sum_{side}'] = total
    numbers[f'lowest_eigenvalue_{side}'] = spectrum[0]
  return Result(
    numbers,
    {
      'side': np.repeat(list(spectra), list(map(len, spectra.values()))),
      'eigenvalue': np.concatenate(list(spectra.values())),
    },
  )


def check_step(run: Finished, step: int) -> None:
  """Raises `ValueError` unless the masks of a run change at a step."""
  plan = run.experiment.plan
  if type(step) is not int or not plan.masks_change(step):
    raise ValueError(
      f'{run.root}: masks do not change at step {step}; they do at multiples'
      f' of {plan.update_interval} from {plan.start_step} on, before'
      f' {plan.stop_step}. The analysis `spectrum` takes any step that is kept'
    )
