"""Histograms of the active weights by level of pruning."""

import math
import pathlib
from collections.abc import Sequence

import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import weight_histogram as histogram_lib
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished


@Lines(
  title='Active weights by level of pruning',
  caption=(
    'Where runs end, of all masked layers',
    'weights beyond the axis are in the bins at its ends',
  ),
  alt='Highest densities',
  x='weight',
  y={'density': 'density of the active weights'},
  by='level',
  panels='runs',
  xlabel='weight',
)
def weight_histogram(
  workdirs: Sequence[pathlib.Path],
  *,
  bins: int = 100,
  limit: float | None = None,
) -> Result:
  """Counts active weights by magnitude and sign, by level (Maene et al. 2021).

  Args:
    workdirs: of the runs of a chain, from level 0 on; or of a single run.
    bins: number of bins, of one width.
    limit: they cover [-limit, limit]; weights beyond count in the outer ones.
      By default the least of 1, 2 or 5 times a power of ten that leaves no more
      than a hundredth of the weights of any level beyond.

  Returns:
    `smallest_magnitude_0` ... and `mean_magnitude_0` ..., of the active weights
    at the end of each level, NaN without any. And a table of bins by level:
    their middle (`weight`), the weights in them (`count`), and these over
    their number and the bin's width (`density`).

  Raises:
    ValueError: no finished runs, or a number out of range.
  """
  if bins < 1 or not (limit is None or limit > 0):
    raise ValueError(
      f'bins is {bins} and limit {limit}; accepted are >= 1 and > 0'
    )
  nets = [finished.solution(run) for run in finished.load_each(workdirs)]
  magnitudes = [np.abs(histogram_lib.active_weights(net)) for net in nets]
  limit = _limit(magnitudes) if limit is None else limit
  edges = np.linspace(-limit, limit, bins + 1)
  counts = np.stack([histogram_lib.histogram(net, edges) for net in nets])
  numbers = {
    f'{name}_magnitude_{level}': statistic(sizes) if sizes.size else np.nan
    for level, sizes in enumerate(magnitudes)
    for name, statistic in (('smallest', np.min), ('mean', np.mean))
  }
  density = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
  return Result(
    numbers,
    {
      'level': np.repeat(np.arange(len(nets)), bins),
      'weight': np.tile((edges[:-1] + edges[1:]) / 2, len(nets)),
      'count': counts.ravel(),
      'density': (density * bins / (2 * limit)).ravel(),
    },
  )


def _limit(magnitudes: Sequence[np.ndarray]) -> float:
  """Returns a round number that nearly all magnitudes are below."""
  quantiles = [float(np.quantile(x, 0.99)) for x in magnitudes if x.size]
  highest = max(quantiles, default=0.0)
  if not highest > 0:
    return 1.0
  power = 10.0 ** math.floor(math.log10(highest))
  return next(n * power for n in (1, 2, 5, 10) if n * power >= highest)
