"""The figures of a study's report."""

import logging

from jaxsparse.plotting.looks import Drawn
from jaxsparse.report.figures import curves, panels
from jaxsparse.report.figures.against import against
from jaxsparse.report.figures.panels import Shown
from jaxsparse.report.figures.scatter import scatter
from jaxsparse.results.findings import Drawing
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Curves, Run, Scatter
from jaxsparse.studies.styles import chosen

_log = logging.getLogger(__name__)


def all_figures(results: Results) -> list[Drawn]:
  """Draws the figures of a study's report.

  They are, in this order, those of `study.figures`, those of analyses, and one
  of the curve of every run. A figure without a single value is left out; so is
  that of every run where `study.figures` has figures but none of curves.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  study = results.study
  entries = [f.entry for f in study.figures if isinstance(f, Curves)]
  entry = entries[0] if entries else 'eval_accuracy'
  recorded = curves.read(results, [entry, *entries])
  drawn = []
  for figure in study.figures:
    if isinstance(figure, Curves):
      lines = _of(chosen(study, figure.runs), figure.entry, recorded)
      lines = curves.until(lines, figure.last_step)
      drawn.append(panels.compared(study, figure.entry, lines, log=figure.log))
    elif isinstance(figure, Scatter):
      drawn.append(scatter(results, figure))
    else:
      drawn.append(against(results, figure))
  drawn += [_drawn(drawing) for drawing in results.drawings]
  log = any(
    f.log for f in study.figures if isinstance(f, Curves) and f.entry == entry
  )
  lines = _of(study.runs, entry, recorded)
  if entries or not study.figures:
    drawn.append(panels.one_by_one(study, entry, lines, log=log))
  figures = [d for d in drawn if d is not None]
  return [
    d._replace(name=f'{i:02d}-{d.name}') for i, d in enumerate(figures, 1)
  ]


def _drawn(drawing: Drawing) -> Drawn | None:
  """Draws a figure of an analysis; logs an error, and returns `None` then."""
  try:
    return drawing.draw(drawing.parts)
  except Exception:  # A user's function may raise anything.
    _log.exception('%s drew nothing', drawing.draw.__name__)
    return None


def _of(runs: tuple[Run, ...], entry: str, found: curves.Curves) -> Shown:
  """Returns the curves of an entry, for the rows that recorded it."""
  rows = [row for run in runs for row in run.rows()]
  return {row: found[row][entry] for row in rows if entry in found.get(row, {})}
