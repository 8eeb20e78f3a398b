"""The Hessian's spectrum at one step of a run of any size, by Lanczos."""

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

# Of a figure: places of its curves, and the bells' width as a share of what it
# spans.
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
  """Spectral density and extreme eigenvalues over active weights.

  From products with the Hessian alone, where `spectrum` is exact and needs its
  matrix: stochastic Lanczos quadrature (Ghorbani, Krishnan and Xiao 2019), and
  ARPACK for the ends; see `analysis.lanczos`.

  Args:
    workdirs: of the run.
    step: one that the run keeps (0, the last few, `checkpoint.keep_steps`);
      the last by default.
    examples: the first so many of the training split.
    num_probes: random vectors of the quadrature; its error falls as one over
      their root.
    num_steps: iterations of Lanczos, products for each probe; the host holds
      so many vectors.
    num: extreme eigenvalues at each end, fewer than half of all.
    tolerance: of these, relative.
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
  found = lanczos.quadrature(
    *of,
    key=prng.stream(key, 'probes'),
    num_probes=num_probes,
    num_steps=num_steps,
  )
  negative = lanczos.negative(found, below=below)
  return Finding(
    {
      **_named(ends),
      'negative_eigenvalues': negative.number,
      'negative_sum': negative.total,
      'active_weights': found.size,
    },
    {
      'probe': np.repeat(np.arange(len(found.nodes)), found.nodes.shape[1]),
      'eigenvalue': found.nodes.ravel(),
      'weight': found.weights.ravel(),
    },
  )


def _extremes(*of: Any, num: int, tolerance: float, **key: Any) -> Extremes:
  """`lanczos.extremes`, with an error that a command tells."""
  try:
    return lanczos.extremes(*of, num=num, tolerance=tolerance, **key)
  except ArpackNoConvergence as error:
    raise ValueError(
      f'of {num} eigenvalues at each end not all converged to a tolerance of'
      f' {tolerance}; accepted are fewer or a higher one ({error})'
    ) from error


def _named(ends: Extremes) -> dict[str, float]:
  """From the outermost inwards."""
  return {
    f'{end}_eigenvalue' + (f'_{i}' if i > 1 else ''): value.item()
    for end, values in (
      ('lowest', ends.lowest),
      ('highest', ends.highest[::-1]),
    )
    for i, value in enumerate(values, 1)
  }


def draw_density(parts: Sequence[Part]) -> Drawn:
  """A line for each kind of run: the density against the eigenvalue."""
  nodes = np.concatenate([part.table['eigenvalue'] for part in parts])
  low, high = np.min(nodes), np.max(nodes)
  width = _WIDTH * (high - low) or 1.0
  places = np.linspace(low - 5 * width, high + 5 * width, _PLACES)
  figure, ax = looks.single()
  ax.set_yscale('log')
  highest, said = 0.0, []
  for label, (style, tables) in _looks.groups(parts).items():
    shown = [
      lanczos.density(_quadrature(table), places, width=width)
      for table in tables
    ]
    values = _looks.over(places, shown)
    figures.line(ax, values, label=label, **style, marker='')
    highest = max(highest, np.max(values.mean))
    own = [table['eigenvalue'] for table in tables]
    ends = [np.mean([end(v) for v in own]) for end in (np.min, np.max)]
    said.append(f'{label}, {ends[0]:.3g} to {ends[1]:.3g}')
  # Below is but the bells' tails.
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
    f'Chart: {title}. Nodes: {looks.sentence(said)}',
    figure,
  )


def _quadrature(table: Table) -> Quadrature:
  """As it was found, but for the size, which a density does not ask for."""
  count = len(np.unique(table['probe']))
  nodes, weights = (
    table[name].reshape(count, -1) for name in ('eigenvalue', 'weight')
  )
  return Quadrature(nodes, weights, nodes.shape[1])
