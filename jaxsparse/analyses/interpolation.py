"""The loss on the lines from a run's start and end to another run's end."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from jaxsparse.analyses import _alignment, _batch_norm
from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import landscape
from jaxsparse.analysis.landscape import Line
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished, measures

_ENDS = ('start', 'end')


@Lines(
  title='Training loss on the line to another run’s end',
  caption=('At 0 stands the run, at 1 the end of {other}',),
  alt='Highest losses on the way',
  x='alpha',
  y={'loss': 'training loss (nats)'},
  by='line_from',
  names={end: f'from where runs {end}' for end in _ENDS},
  panels='by',
  xlabel='way to the other run’s end',
  between=(0, 1),
)
def interpolation(
  workdirs: Sequence[pathlib.Path],
  *,
  points: int = 29,
  examples: int | None = None,
  same_masks: bool = True,
  batch_norm: str = 'interpolated',
  align: bool = False,
) -> Result:
  """Measures loss and error on two lines in weight space (Evci et al. 2022).

  Both lines lead to the end of the other run: one from where the run starts
  (step 0), one from where it ends.

  Args:
    workdirs: of the run, and of the other.
    points: number of points, evenly from -0.2 to 1.2; 14 n + 1, so that 0, 0.5
      and 1 are among them.
    examples: number of examples, the first of the training split; all by
      default, unless it stays on disk.
    same_masks: refuse nets whose masks differ; the points of a line between
      them are outside both masks.
    batch_norm: statistics of BatchNorm at each point, `interpolated` between
      those of both ends, or `recomputed` on the examples that the loss is
      measured on, which costs another forward pass.
    align: whether the units of the other net are permuted first, masks with
      them, to match those of the run's end by weight matching.

  Returns:
    For each end, by the training loss in nats: `barrier_from_end`, the
    largest excess over the straight line between the losses at both ends;
    `climb_from_end`, the excess of the highest loss over the worse of both;
    `rise_from_end`, that of the highest loss strictly between them, which is
    negative if the path leads down at once; `middle_loss_from_end` half way;
    and the same `..._from_start`. And a table.

  Raises:
    ValueError: not two finished runs of one model on the same data, masks
      that differ, a number of points that does not fit, `recomputed` of
      a model without BatchNorm, or `align` of a model whose units cannot be
      followed.
  """
  _batch_norm.check(batch_norm)
  if points not in range(15, 10_000, 14):
    raise ValueError(f'points is {points}; accepted are 15, 29, 43, 57, 71 ...')
  run, other = finished.load_each(workdirs, count=2)
  alphas = np.round(np.linspace(-0.2, 1.2, points), 10).tolist()
  target = finished.solution(other)
  if align:
    target = _alignment.aligned(run, finished.solution(run), target)
  batches = measures.train_batches(run, examples)
  recompute = _batch_norm.recompute(run, target, batches, batch_norm)
  lines = {
    end: landscape.line(
      measures.loss_and_error(run),
      finished.solution(run, step),
      target,
      batches,
      alphas=alphas,
      recompute=recompute,
      same_masks=same_masks,
    )
    for end, step in zip(_ENDS, (0, None), strict=True)
  }
  numbers: dict[str, float] = {}
  for end, line in lines.items():
    loss = line.values['loss']
    barrier = landscape.barrier(line.alphas, loss)
    numbers[f'barrier_from_{end}'] = barrier.above_line
    numbers[f'climb_from_{end}'] = barrier.above_ends
    numbers[f'rise_from_{end}'] = barrier.rise
    numbers[f'middle_loss_from_{end}'] = loss[line.alphas == 0.5].item()
  return Result(numbers, table(lines, by='line_from'))


def table(lines: Mapping[str, Line], *, by: str) -> dict[str, np.ndarray]:
  """Concatenates the values of `lines` into one table.

  Args:
    lines: name -> line, with the values `loss` and `error`.
    by: the column of the names.
  """
  all_lines = list(lines.values())
  return {
    by: np.repeat(list(lines), [len(line.alphas) for line in all_lines]),
    'alpha': np.concatenate([line.alphas for line in all_lines]),
    **{
      name: np.concatenate([line.values[name] for line in all_lines])
      for name in ('loss', 'error')
    },
  }
