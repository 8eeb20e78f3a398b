"""Colours and dashes of the runs and rows of a study, alike in all figures."""

from collections.abc import Sequence
from typing import Any

from jaxsparse.plotting.figures import COLOURS
from jaxsparse.plotting.panels import DASHES, paler
from jaxsparse.results.rows import Row
from jaxsparse.studies.spec import Run, Study

_BLACK = '#000000'


def run_styles(study: Study) -> dict[str, dict[str, Any]]:
  """Returns the line style of each run, the same in all figures of a study.

  A run without a grid, where others have one, is their baseline: black and
  dashed. The others have colours, and runs of one base config (a method with
  and without something, say) have the same colour and differ in dashes. Where
  there are too many configs or runs for that, or one config alone, each run
  has a different colour as long as there are enough.
  """
  grids = any(run.grid for run in study.runs)
  coloured = [run for run in study.runs if run.grid or not grids]
  level = [run for run in study.runs if run not in coloured]
  colours = COLOURS[: -1 if level else None]
  styles = {
    run.name: {
      'color': colours[i % len(colours)],
      'linestyle': DASHES[j % len(DASHES)],
    }
    for run, (i, j) in zip(
      coloured, _places(coloured, len(colours)), strict=True
    )
  }
  for i, run in enumerate(level):
    dashes = DASHES[1 + i % (len(DASHES) - 1)]
    styles[run.name] = {'color': _BLACK, 'linestyle': dashes}
  return styles


def row_styles(study: Study) -> dict[Row, dict[str, Any]]:
  """Returns the style of each row: that of its run, paler from row to row."""
  styles = run_styles(study)
  by_row = {}
  for run in study.runs:
    rows, style = run.rows(), styles[run.name]
    for i, row in enumerate(rows):
      colour = paler(style['color'], 0.65 * i / len(rows))
      by_row[row] = style | {'color': colour}
  return by_row


def _places(runs: Sequence[Run], colours: int) -> list[tuple[int, int]]:
  """Returns the indices of the colour and of the dashes of each run."""
  families: dict[str, list[Run]] = {}
  for run in runs:
    families.setdefault(run.config, []).append(run)
  most = max(map(len, families.values()), default=0)
  if len(families) == 1 or len(families) > colours or most > len(DASHES):
    return [(i, i // colours) for i in range(len(runs))]
  order = list(families)
  return [
    (order.index(run.config), families[run.config].index(run)) for run in runs
  ]


def chosen(study: Study, names: Sequence[str]) -> tuple[Run, ...]:
  """Returns the runs of those names; all where `names` is empty."""
  return tuple(r for r in study.runs if r.name in names or not names)
