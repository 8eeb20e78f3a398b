"""Spectral density of the Hessian at one step, by Lanczos, for any size."""

import pathlib
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence

from jaxsparse.analyses import _looks
from jaxsparse.analysis import lanczos
from jaxsparse.analysis.lanczos import Extremes, Quadrature
from jaxsparse.core import prng
from jaxsparse.plotting import figures, looks
from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Finding, Part, Table
from jaxsparse.runs import finished, measures

# Points of a curve, and the width of the Gaussians as a fraction of the range.
_PLACES = 800
_WIDTH = 0.005


def density(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int | None = None,
  examples: int = 1000,
  num_probes: int = 4,
  num_steps: int = 64,
  num: int = 1,
  tolerance: float = 1e-4,
  below: float = -1e-3,
  batch_size: int | None = None,
  seed: int = 0,
) -> Finding:
  """Estimates spectral density and extreme eigenvalues over active weights.

  Uses only products with the Hessian, whereas `spectrum` is exact and needs the
  matrix: stochastic Lanczos quadrature (Ghorbani, Krishnan and Xiao 2019), and
  ARPACK for the extremes; see `analysis.lanczos`.

  Args:
    workdirs: of the run.
    step: one that the run keeps (0, the last few, `checkpoint.keep_steps`);
      the last by default.
    examples: number of examples, the first of the training split.
    num_probes: number of random vectors of the quadrature; its error falls as
      1 / sqrt(num_probes).
    num_steps: Lanczos iterations, each a product, per probe; the host stores
      as many vectors.
    num: number of extreme eigenvalues at each end, fewer than half of all.
    tolerance: relative, of these.
    below: eigenvalues below it count as negative; <= 0.
    batch_size: examples of a product at once; those of an evaluation by
      default. Only rounding depends on it.
    seed: of the probes and of ARPACK's start.

  Returns:
    Of the training loss `lowest_eigenvalue` and `highest_eigenvalue` (the next
    ones are `lowest_eigenvalue_2` ...), estimates of `negative_eigenvalues` and
    `negative_sum`, and `active_weights`, how many eigenvalues there are. And a
    table of the quadrature: nodes and weights, which sum to 1, of each probe.

  Raises:
    ValueError: not one finished run, a step that is not kept, a number that
      does not fit, or extreme eigenvalues that did not converge.
  """
  numbers = {'num_probes': num_probes, 'num_steps': num_steps, 'num': num}
  for name, value in numbers.items():
    if value < 1:
      raise ValueError(f'{name} is {value}; accepted is >= 1')
  if not below <= 0:
    raise ValueError(f'below is {below}; accepted is <= 0')
  (run,) = finished.load_each(workdirs, count=1)
  net = finished.solution(run, step)
  batches = [
    (split, net.model_state)
    for split in measures.train_batches(run, examples, batch_size)
  ]
  of = measures.batch_loss(run), net.params, net.masks, batches
  key = jax.random.key(seed)
  ends = _extremes(
    *of, key=prng.stream(key, 'extremes'), num=num, tolerance=tolerance
  )
  quadrature = lanczos.quadrature(
    *of,
    key=prng.stream(key, 'probes'),
    num_probes=num_probes,
    num_steps=num_steps,
  )
  negative = lanczos.negative(quadrature, below=below)
  return Finding(
    {
      **_named(ends),
      'negative_eigenvalues': negative.number,
      'negative_sum': negative.total,
      'active_weights': quadrature.size,
    },
    {
      'probe': np.repeat(
        np.arange(len(quadrature.nodes)), quadrature.nodes.shape[1]
      ),
      'eigenvalue': quadrature.nodes.ravel(),
      'weight': quadrature.weights.ravel(),
    },
  )


def _extremes(*of: Any, num: int, tolerance: float, **key: Any) -> Extremes:
  """Calls `lanczos.extremes`; raises `ValueError` if it does not converge."""
  try:
    return lanczos.extremes(*of, num=num, tolerance=tolerance, **key)
  except ArpackNoConvergence as error:
    raise ValueError(
      f'of {num} eigenvalues at each end not all converged to a tolerance of'
      f' {tolerance}; accepted are fewer or a higher one ({error})'
    ) from error


def _named(ends: Extremes) -> dict[str, float]:
  """Names the extreme eigenvalues, from the outermost inwards."""
  return {
    f'{end}_eigenvalue' + (f'_{i}' if i > 1 else ''): value.item()
    for end, values in (
      ('lowest', ends.lowest),
      ('highest', ends.highest[::-1]),
    )
    for i, value in enumerate(values, 1)
  }


def draw_density(parts: Sequence[Part]) -> Drawn:
  """Draws the density against the eigenvalue, a line per kind of run."""
  nodes = np.concatenate([part.table['eigenvalue'] for part in parts])
  low, high = np.min(nodes), np.max(nodes)
  width = _WIDTH * (high - low) or 1.0
  places = np.linspace(low - 5 * width, high + 5 * width, _PLACES)
  figure, ax = looks.single()
  ax.set_yscale('log')
  highest, notes = 0.0, []
  for label, (style, tables) in _looks.groups(parts).items():
    densities = [
      lanczos.density(_quadrature(table), places, width=width)
      for table in tables
    ]
    values = _looks.over(places, densities)
    figures.line(ax, values, label=label, **style, marker='')
    highest = max(highest, np.max(values.mean))
    eigenvalues = [table['eigenvalue'] for table in tables]
    ends = [np.mean([end(v) for v in eigenvalues]) for end in (np.min, np.max)]
    notes.append(f'{label}, {ends[0]:.3g} to {ends[1]:.3g}')
  # Lower values are only tails of the Gaussians.
  ax.set_ylim(1e-6 * highest, 3 * highest)
  ax.set(xlabel='eigenvalue', ylabel='density')
  ax.xaxis.set_major_locator(_looks.locator())
  looks.figure_legend(figure, beside=False)
  title = 'Spectral density of the Hessian'
  return Drawn(
    'density',
    title,
    looks.sentence(
      [
        'Of the training loss over active weights, by stochastic Lanczos'
        f' quadrature, in bells of a deviation of {width:.2g}',
        'means over seeds, bands are one sample standard deviation to each'
        ' side',
      ]
    ),
    f'Chart: {title}. Nodes: {looks.sentence(notes)}',
    figure,
  )


def _quadrature(table: Table) -> Quadrature:
  """Restores a quadrature from its table.

  Its size is not that of the original, but a density does not depend on it.
  """
  count = len(np.unique(table['probe']))
  nodes, weights = (
    table[name].reshape(count, -1) for name in ('eigenvalue', 'weight')
  )
  return Quadrature(nodes, weights, nodes.shape[1])
