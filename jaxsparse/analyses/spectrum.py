"""The Hessian's spectrum at one step of a finished run."""

import pathlib
from collections.abc import Sequence

import numpy as np

from jaxsparse.analyses import _looks, _spectra
from jaxsparse.analysis import hessian as hessian_lib
from jaxsparse.plotting import looks
from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Finding, Part
from jaxsparse.runs import finished


def spectrum(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int | None = None,
  examples: int = 1000,
  below: float = -1e-3,
  max_size: int = 20_000,
) -> Finding:
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
  eigenvalues = _spectra.measured(run, step, examples, max_size).eigenvalues
  number, total = hessian_lib.negative(eigenvalues, below=below)
  return Finding(
    {
      'negative_eigenvalues': number,
      'negative_sum': total,
      'lowest_eigenvalue': eigenvalues[0].item(),
      'highest_eigenvalue': eigenvalues[-1].item(),
    },
    {'eigenvalue': eigenvalues},
  )


def draw_spectrum(parts: Sequence[Part]) -> Drawn:
  """Draws histograms of the eigenvalues, a panel per row."""
  groups = _looks.groups(parts)
  figure, axes = looks.multiples(list(groups), columns=2, panel=(4.4, 2.8))
  bins = _spectra.edges(parts)
  notes = []
  for ax, (label, (look, tables)) in zip(axes, groups.items(), strict=True):
    eigenvalues = [table['eigenvalue'] for table in tables]
    counts = np.mean(
      [_spectra.counts(values, bins) for values in eigenvalues], 0
    )
    ax.stairs(counts, bins, linewidth=1.6, color=look.get('color'))
    negative = np.mean([_spectra.negative(values) for values in eigenvalues])
    notes.append(f'{label}, {negative:.4g}')
    _spectra.value_axis(ax)
  title = 'Spectrum of the Hessian'
  return _spectra.drawn('spectrum', title, notes, figure)
