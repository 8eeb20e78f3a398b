"""The Hessian's spectrum before and after a mask step of a finished run."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxsparse.analyses import _looks, _spectra
from jaxsparse.analysis import hessian as hessian_lib
from jaxsparse.plotting import looks
from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Finding, Part
from jaxsparse.runs import finished
from jaxsparse.runs.finished import Finished

_LOOKS: dict[str, dict[str, Any]] = {
  'before': {'color': '#0072B2', 'linestyle': '-'},
  'after': {'color': '#D55E00', 'linestyle': '--'},
}


def hessian(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int,
  examples: int = 1000,
  below: float = -1e-3,
  max_size: int = 20_000,
) -> Finding:
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
  _check_step(run, step)
  spectra = {
    side: _spectra.measured(run, at, examples, max_size)
    for side, at in (('before', step), ('after', step + 1))
  }
  numbers: dict[str, float] = {}
  for side, spectrum in spectra.items():
    number, total = hessian_lib.negative(spectrum.eigenvalues, below=below)
    numbers[f'negative_eigenvalues_{side}'] = number
    numbers[f'negative_sum_{side}'] = total
    numbers[f'lowest_eigenvalue_{side}'] = spectrum.eigenvalues[0].item()
  return Finding(
    numbers,
    {
      'side': np.repeat(
        list(spectra), [len(s.eigenvalues) for s in spectra.values()]
      ),
      'eigenvalue': np.concatenate([s.eigenvalues for s in spectra.values()]),
    },
  )


def _check_step(run: Finished, step: int) -> None:
  plan = run.experiment.plan
  if type(step) is not int or not plan.masks_change(step):
    raise ValueError(
      f'{run.root}: masks do not change at step {step}; they do at multiples'
      f' of {plan.update_interval} from {plan.start_step} on, before'
      f' {plan.stop_step}. The analysis `spectrum` takes any step that is kept'
    )


def draw_hessian(parts: Sequence[Part]) -> Drawn:
  """Draws histograms of the eigenvalues before and after, a panel per row."""
  groups = _looks.groups(parts)
  figure, axes = looks.multiples(list(groups), columns=2, panel=(4.4, 2.8))
  edges = _spectra.edges(parts)
  notes, most = [], 1.0
  for ax, (label, (_, tables)) in zip(axes, groups.items(), strict=True):
    for side, look in _LOOKS.items():
      eigenvalues = [t['eigenvalue'][t['side'] == side] for t in tables]
      counts = [_spectra.counts(values, edges) for values in eigenvalues]
      ax.stairs(
        np.mean(counts, 0),
        edges,
        label=f'{side} the step',
        linewidth=1.6,
        **look,
      )
      negative = np.mean([_spectra.negative(values) for values in eigenvalues])
      notes.append(f'{label}, {side}, {negative:.4g}')
      most = max(most, np.mean(counts, 0).max())
  for ax in axes:
    _spectra.value_axis(ax)
    ax.set_ylim(0, 1.5 * most)
  looks.figure_legend(figure, beside=False)
  title = 'Spectrum of the Hessian before and after a mask step'
  return _spectra.drawn('hessian', title, notes, figure)
