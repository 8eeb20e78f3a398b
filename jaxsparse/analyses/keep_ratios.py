"""Density of each masked layer of a finished run."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analyses.harness.result import Result
from jaxsparse.core.masks import active_by_path, sizes_by_path
from jaxsparse.plotting.bars import Bars
from jaxsparse.runs import finished, measures


@Bars(
  title='Density by layer',
  caption=('Active weights of each masked layer, in forward order',),
  alt='Density',
  x='layer',
  y={'density': 'density'},
)
def keep_ratios(
  workdirs: Sequence[pathlib.Path], *, step: int | None = None
) -> Result:
  """Computes the density of each layer (Wang et al. 2020).

  Args:
    workdirs: of the run.
    step: one that the run keeps (0, the last few, `checkpoint.keep_steps`);
      the last by default.

  Returns:
    `lowest_density` and `highest_density` of a layer, in [0, 1], and
    `empty_layers`, how many have no active weight. And a table by layer in
    forward order, the convolutions of shortcuts among them.

  Raises:
    ValueError: not one finished run, or a step that is not kept.
  """
  (run,) = finished.load_each(workdirs, count=1)
  masks = finished.state(run, step).mask_state.masks
  layers = measures.masked_leaves(run)
  by_path, sizes = active_by_path(masks), sizes_by_path(masks)
  active, weights = ([n[p] for p in layers] for n in (by_path, sizes))
  density = [a / n for a, n in zip(active, weights, strict=True)]
  return Result(
    {
      'lowest_density': min(density),
      'highest_density': max(density),
      'empty_layers': active.count(0),
    },
    {'layer': layers, 'density': density, 'active': active, 'weights': weights},
  )
