"""Colours and dashes of the runs and rows of a study, alike in all figures."""

from collections.abc import Sequence
from typing import Any

from jaxsparse.plotting.styles import (
  COLOURS,
  DASHES,
  METHODS,
  by_method,
  fainter,
  paler,
)
from jaxsparse.results.rows import Point, Row
from jaxsparse.studies.spec import Run, Study

_BLACK = '#000000'
_METHOD = 'updater.name'


def run_styles(study: Study) -> dict[str, dict[str, Any]]:
  """Returns the line style of each run, the same in all figures of a study.

  Runs of several methods, a few of each, have their methods' styles. Else a run
  without a grid, where others have one, is their baseline: black and dashed.
  The others have colours, and runs of one base config (a method with and
  without something, say) have the same colour and differ in dashes. Where there
  are too many configs or runs for that, or one config alone, each run has a
  different colour as long as there are enough, and after them fainter ones.
  """
  methods = [_method(run) for run in study.runs]
  most = max(map(methods.count, methods), default=0)
  if len(set(methods)) > 1 and most <= len(DASHES):
    names = [run.name for run in study.runs]
    return dict(zip(names, by_method(methods), strict=True))
  grids = any(run.grid for run in study.runs)
  coloured = [run for run in study.runs if run.grid or not grids]
  level = [run for run in study.runs if run not in coloured]
  colours = COLOURS[: -1 if level else None]
  styles = {
    run.name: {
      'color': fainter(colours[i % len(colours)], j // len(DASHES)),
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
  """Returns the style of each row: that of its run, paler from row to row.

  Rows of a grid over methods have the styles of these.
  """
  styles = run_styles(study)
  by_row = {}
  for run in study.runs:
    alike: dict[str, list[Row]] = {}
    for row in run.rows():
      alike.setdefault(str(of_point(row.point)), []).append(row)
    for rows in alike.values():
      for i, row in enumerate(rows):
        style = styles[run.name] | of_point(row.point)
        colour = paler(style['color'], 0.65 * i / len(rows))
        by_row[row] = style | {'color': colour}
  return by_row


def of_point(point: Point) -> dict[str, Any]:
  """Returns the style of the method of a point of a grid; {} for none."""
  return METHODS.get(str(dict(point).get(_METHOD)), {})


def _method(run: Run) -> str:
  """Returns the method of a run by its config's name; '' if that has none."""
  method = str(run.overrides.get(_METHOD, run.config.partition(':')[2]))
  return method if method in METHODS else ''


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
