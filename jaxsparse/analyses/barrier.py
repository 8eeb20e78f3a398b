"""The loss on the line and on fitted curves between the ends of two runs."""

import functools
import pathlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsparse.analyses import _alignment, _batch_norm, interpolation
from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import bezier, landscape
from jaxsparse.analysis.solutions import Solution, active_entries
from jaxsparse.core import paths, prng
from jaxsparse.core.types import Masks
from jaxsparse.data import resident
from jaxsparse.data.datasets import Split
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished, measures
from jaxsparse.runs.finished import Finished

# Path -> its degree, whether it may leave the masks, and its label.
_CURVES = {
  'quadratic': (2, False, 'quadratic, sparse'),
  'cubic': (3, False, 'cubic, sparse'),
  'dense_quadratic': (2, True, 'quadratic, dense'),
}
_NAMES = {'linear': 'line'} | {k: v[2] for k, v in _CURVES.items()}


@Lines(
  title='Training loss on paths between solutions',
  caption=(
    'At 0 ends the run, at 1 {other}',
    'curves minimise the loss along them, among nets that have the weights of'
    ' both ends (sparse) or any (dense)',
  ),
  alt='Highest losses',
  x='alpha',
  y={'loss': 'training loss (nats)'},
  by='path',
  names=_NAMES,
  panels='runs',
  xlabel='way to the other run’s end',
)
def barrier(
  workdirs: Sequence[pathlib.Path],
  *,
  points: int = 25,
  examples: int | None = None,
  steps: int = 1000,
  batch_size: int = 128,
  learning_rate: float = 0.01,
  seed: int = 0,
  batch_norm: str = 'interpolated',
  align: bool = False,
) -> Result:
  """Measures energy barriers as in Evci et al. 2020, "Rigging the Lottery".

  Paths are the line between two solutions, quadratic and cubic Bezier curves
  in the space of the union of their masks, and a quadratic curve in the dense
  space; see `analysis.bezier`.

  Args:
    workdirs: of the run, and of the other.
    points: number of points of each path, odd, both ends included.
    examples: number of examples, the first of the training split, that the
      loss is measured on; all by default. Curves are fitted to the whole split,
      or if that stays on disk to these examples alone.
    steps: of each fit.
    batch_size: of each step.
    learning_rate: of Adam in the fits; it falls to 0 along a cosine.
    seed: of the points on the curve and the examples drawn in the fits, and
      of the order in which units are matched.
    batch_norm: statistics of BatchNorm at each point, `interpolated` between
      those of both ends, or `recomputed` on the examples that the loss is
      measured on; then fits, too, are in training mode, on those of the batch,
      as in Garipov et al. 2018.
    align: whether the units of the other net are permuted first, to match
      those of the run by weight matching: the barrier modulo permutation.

  Returns:
    For each path (`linear`, `quadratic`, `cubic`, `dense_quadratic`) the
    highest training loss on it in nats, `highest_linear` ..., and the excess of
    the highest loss strictly between the ends over the worse end,
    `climb_linear` ..., which is negative if the path leads down at once; and a
    table.

  Raises:
    ValueError: not two finished runs of one model on the same data, a number
      that does not fit, no `examples` where the split stays on disk,
      `recomputed` of a model without BatchNorm, or `align` of a model whose
      units cannot be followed.
  """
  if points < 3 or points % 2 == 0:
    raise ValueError(f'points is {points}; accepted are 3, 5, 7 ...')
  if not learning_rate > 0:
    raise ValueError(f'learning_rate is {learning_rate}; accepted is > 0')
  _batch_norm.check(batch_norm)
  run, other = finished.load_each(workdirs, count=2)
  end, target = finished.solution(run), finished.solution(other)
  if align:
    target = _alignment.aligned(run, end, target, seed=seed)
  ends = end, target
  measure, alphas = (
    measures.loss_and_error(run),
    np.linspace(0, 1, points).tolist(),
  )
  ways = {'linear': bezier.straight(*ends)}
  batches = measures.train_batches(run, examples)
  recompute = _batch_norm.recompute(run, ends[0], batches, batch_norm)
  minimised = _batch_norm.training_loss(run) if recompute else measure
  data = _fitted(run, batches)
  for name, (degree, dense, _) in _CURVES.items():
    ways[name] = bezier.fit(
      minimised,
      *ends,
      data,
      key=prng.stream(jax.random.key(seed), name),
      degree=degree,
      space=None if dense else _union(*ends),
      steps=steps,
      batch_size=batch_size,
      tx=_adam(learning_rate, steps),
    ).points
  place = {'alphas': alphas, 'recompute': recompute}
  lines = {
    name: bezier.along(measure, way, *ends, batches, **place)
    for name, way in ways.items()
  }
  numbers = {}
  for name, line in lines.items():
    loss = line.values['loss']
    numbers[f'highest_{name}'] = loss.max()
    numbers[f'climb_{name}'] = landscape.barrier(line.alphas, loss).rise
  return Result(numbers, interpolation.table(lines, by='path'))


def _fitted(run: Finished, batches: Sequence[Split]) -> Split:
  """Returns the examples that curves are fitted to, on the device."""
  if run.experiment.streamed:
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *batches)
  return resident.put(run.experiment.dataset.train)


def _union(start: Solution, end: Solution) -> Masks:
  """Returns the weights active in either net; without masks all are active."""
  mine, theirs = (active_entries(s) for s in (start, end))
  return paths.map_with_path(
    lambda path, _: mine[path] | theirs[path], start.params
  )


@functools.lru_cache(maxsize=8)
def _adam(learning_rate: float, steps: int) -> optax.GradientTransformation:
  """Returns a cached optimiser, so that pairs of runs use one program."""
  return bezier.adam(learning_rate, steps)
