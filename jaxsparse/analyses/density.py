"""Spectral density of the Hessian at one step, by Lanczos, for any size."""

import pathlib
from collections.abc import Sequence

import jax
import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import lanczos
from jaxsparse.analysis.lanczos import Extremes
from jaxsparse.core import prng
from jaxsparse.plotting.distributions import Density
from jaxsparse.runs import finished, measures


@Density(
  title='Spectral density of the Hessian',
  caption=(
    'Of the training loss over active weights, by stochastic Lanczos'
    ' quadrature',
  ),
  alt='Nodes',
  y={'eigenvalue': 'density'},
  weight='weight',
  xlabel='eigenvalue',
)
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
) -> Result:
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
  from scipy.sparse.linalg import ArpackNoConvergence

  numbers = {'num_probes': num_probes, 'num_steps': num_steps, 'num': num}
  for name, value in numbers.items():
    if value < 1:
      raise ValueError(f'{name} is {value}; accepted is >= 1')
  if not below <= 0:
    raise ValueError(f'below is {below}; accepted is <= 0')
  (run,) = finished.load_each(workdirs, count=1)
  net = finished.solution(run, step)
  loss, batches = measures.loss_and_batches(run, net, examples, batch_size)
  of = loss, net.params, net.masks, batches
  key = jax.random.key(seed)
  try:
    ends = lanczos.extremes(
      *of, key=prng.stream(key, 'extremes'), num=num, tolerance=tolerance
    )
  except ArpackNoConvergence as error:
    raise ValueError(
      f'of {num} eigenvalues at each end not all converged to a tolerance of'
      f' {tolerance}; accepted are fewer or a higher one ({error})'
    ) from error
  quadrature = lanczos.quadrature(
    *of,
    key=prng.stream(key, 'probes'),
    num_probes=num_probes,
    num_steps=num_steps,
  )
  negative = lanczos.negative(quadrature, below=below)
  return Result(
    {
      **_named(ends),
      'negative_eigenvalues': negative.number,
      'negative_sum': negative.total,
      'active_weights': quadrature.size,
    },
    {
      'probe': np.indices(quadrature.nodes.shape)[0].ravel(),
      'eigenvalue': quadrature.nodes.ravel(),
      'weight': quadrature.weights.ravel(),
    },
  )


def _named(ends: Extremes) -> dict[str, float]:
  """Names the extreme eigenvalues, from the outermost inwards."""
  numbers = {}
  for end, values in (('lowest', ends.lowest), ('highest', ends.highest[::-1])):
    for i, value in enumerate(values, 1):
      numbers[f'{end}_eigenvalue' + (f'_{i}' if i > 1 else '')] = value
  return numbers
