"""Helpers of the analyses of the Hessian."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse.analyses import _looks
from jaxsparse.analysis import hessian as hessian_lib
from jaxsparse.analysis.hessian import Spectrum
from jaxsparse.plotting import looks
from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Part
from jaxsparse.runs import finished, measures
from jaxsparse.runs.finished import Finished

# Eigenvalues within this are on a linear axis, others on a logarithmic one.
LINEAR = 1e-3


def measured(
  run: Finished, step: int | None, examples: int, max_size: int
) -> Spectrum:
  """Computes the exact spectrum after `step` steps, or the last if `None`.

  Raises:
    ValueError: the step is not kept, or there are more active weights than
      `max_size`.
  """
  net = finished.solution(run, step)
  return hessian_lib.spectrum(
    measures.batch_loss(run),
    net.params,
    net.masks,
    [
      (split, net.model_state)
      for split in measures.train_batches(run, examples)
    ],
    max_size=max_size,
  )


def edges(parts: Sequence[Part]) -> np.ndarray:
  """Returns the edges of the bins of all parts, on the axis of `symlog`."""
  eigenvalues = np.concatenate([part.table['eigenvalue'] for part in parts])
  ends = _looks.symlog([eigenvalues.min(), eigenvalues.max()], LINEAR)
  # Half units: whole ones are decades, and the middle one is around 0.
  return np.arange(np.floor(2 * ends[0]), np.ceil(2 * ends[1]) + 1) / 2


def counts(eigenvalues: np.ndarray, bins: np.ndarray) -> np.ndarray:
  """Counts the eigenvalues in each bin."""
  return np.histogram(_looks.symlog(eigenvalues, LINEAR), bins)[0]


def negative(eigenvalues: np.ndarray) -> int:
  """Counts the eigenvalues below -`LINEAR`."""
  return int(np.sum(eigenvalues < -LINEAR))


def drawn(name: str, title: str, said: Sequence[str], figure: Figure) -> Drawn:
  """Adds captions to a figure; `said` has counts of negative eigenvalues."""
  figure.supylabel('eigenvalues', fontsize=10)
  caption = looks.sentence(
    [
      'Eigenvalues of the training loss over active weights, counted in half'
      ' decades, means over seeds',
      f'the axis is linear within ± {LINEAR:g} and logarithmic beyond',
    ]
  )
  alt = f'Chart: {title}. Eigenvalues below -{LINEAR:g}: {looks.sentence(said)}'
  return Drawn(name, title, caption, alt, figure)


def value_axis(ax: Axes) -> None:
  """Labels the x axis of `symlog` with powers of ten."""
  low, high = ax.get_xlim()
  ticks = [t for t in range(-12, 13) if low <= t <= high and t % 2]
  ax.set_xticks(ticks, [_name(t) for t in ticks], minor=False)
  ax.set_yscale('symlog', linthresh=1)
  ax.set_xlabel('eigenvalue', fontsize=9)


def _name(place: int) -> str:
  power = round(np.log10(LINEAR)) + abs(place) - 1
  return f'$\\mathregular{{{"-" if place < 0 else ""}10^{{{power}}}}}$'
