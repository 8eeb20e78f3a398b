"""Size of a sparse MLP after removal of its idle inputs and units."""

import math
import pathlib
from collections.abc import Sequence

import jax
import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import widths
from jaxsparse.analysis.compression import Compressed, compress, outputs
from jaxsparse.analysis.flops import bitmask_bytes
from jaxsparse.analysis.solutions import Solution
from jaxsparse.core import paths
from jaxsparse.core.tables import aligned
from jaxsparse.plotting.maps import HeatMap
from jaxsparse.runs import finished, measures
from jaxsparse.runs.finished import Finished


@HeatMap(
  title='Connections of each pixel',
  caption=(
    'Connections once units without connections are removed',
    'pixels in grey have none and are not read',
  ),
  alt='Inputs that are read',
  row='row',
  column='column',
  value='connections',
  label='connections',
  cells='inputs',
)
def compression(
  workdirs: Sequence[pathlib.Path], *, step: int | None = None
) -> Result:
  """Compresses an MLP as Evci et al. 2020 do, "Rigging the Lottery", App. B.

  Args:
    workdirs: of the run, of an MLP.
    step: of the weights and masks; the run's end by default.

  Returns:
    `inputs_left` and, of each hidden layer, `units_left_1` ...;
    `compressed_flops` of an example, twice the multiply-adds of the compressed
    net, and `compressed_bytes` (a bit for each position, 4 bytes for each
    active weight and bias); `compressed_sparsity` of its layers; and
    `compression_error`, the largest difference of a logit on the test split.
    And a table of pixels.

  Raises:
    ValueError: not one finished run of an MLP, or a step that is not kept.
  """
  (run,) = finished.load_each(workdirs, count=1)
  if run.experiment.is_text:
    raise ValueError(f'{run.root} is of text; accepted is an MLP on images')
  solution = finished.solution(run, step)
  small = compress(*jax.device_get((solution.params, solution.masks)))
  kernels = [layer['kernel'] for layer in small.params.values()]
  weights = sum(kernel.size for kernel in kernels)
  biases = sum(len(layer.get('bias', ())) for layer in small.params.values())
  active = widths.parameters(small.params, small.masks) - biases
  _, *hidden, _ = (len(units) for units in small.units)
  return Result(
    {
      'inputs_left': len(small.units[0]),
      **{f'units_left_{i}': n for i, n in enumerate(hidden, 1)},
      'compressed_flops': 2 * active,
      'compressed_bytes': bitmask_bytes(small.params, small.masks),
      'compressed_sparsity': 1 - active / weights if weights else 0.0,
      'compression_error': _error(run, solution, small),
    },
    _pixels(run, small),
    _text(run, small),
  )


def _error(run: Finished, solution: Solution, small: Compressed) -> float:
  """Computes the largest change of a logit by compression."""
  expected, how = measures.logits_on_test(run, solution), run.experiment.pixels
  logits = [
    outputs(small, np.asarray(measures.pixels(x, how)).reshape(len(x), -1))
    for x in measures.images_on_test(run)
  ]
  apart = np.concatenate(logits)[: len(expected)] - expected
  return float(np.max(np.abs(apart)))


def _pixels(run: Finished, small: Compressed) -> dict[str, np.ndarray]:
  """Counts the connections of each pixel over all channels; {} if no images."""
  shape = run.experiment.dataset.train.images.shape[1:]
  if len(shape) != 3:
    return {}
  first = paths.natural_order(small.params)[0]
  kernel, mask = small.params[first]['kernel'], small.masks[first]['kernel']
  active = np.ones(kernel.shape, bool) if mask is None else mask
  connections = np.zeros(math.prod(shape), np.int64)
  connections[small.units[0]] = np.sum(active, axis=1)
  rows, columns = np.indices(shape[:2]).reshape(2, -1)
  return {
    'row': rows,
    'column': columns,
    'connections': connections.reshape(-1, shape[2]).sum(axis=1),
  }


def _text(run: Finished, small: Compressed) -> str:
  """Formats a line per layer: its shape before and after, active, sparsity."""
  rows = [['layer', 'shape', 'left', 'active', 'sparsity']]
  shapes = {p: v.shape for p, v in paths.flatten(run.experiment.params).items()}
  for name in paths.natural_order(small.params):
    kernel, mask = small.params[name]['kernel'], small.masks[name]['kernel']
    active = kernel.size if mask is None else int(np.sum(mask))
    sizes = [
      'x'.join(map(str, shape))
      for shape in (shapes[f'{name}/kernel'], kernel.shape)
    ]
    share = 1 - active / kernel.size if kernel.size else 0.0
    rows.append([name, *sizes, f'{active:,}', f'{share:.4f}'])
  return aligned(rows)
