"""The figures of a study's report."""

import logging

from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Drawing
from jaxsparse.studies.figures import curves, panels
from jaxsparse.studies.figures.against import against
from jaxsparse.studies.figures.panels import Shown
from jaxsparse.studies.figures.scatter import scatter
from jaxsparse.studies.figures.styles import chosen
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Curves, Run, Scatter

_log = logging.getLogger(__name__)


def all_figures(results: Results) -> list[Drawn]:
  """Those that the study asks for, those of analyses, every run's curve.

  A figure without a single value to show is left out, and every run's curve
  where the study asks for figures and none of them is of curves.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  study = results.study
  asked = [f.entry for f in study.figures if isinstance(f, Curves)]
  entry = asked[0] if asked else 'eval_accuracy'
  found = curves.read(results, [entry, *asked])
  made = []
  for figure in study.figures:
    if isinstance(figure, Curves):
      shown = _of(chosen(study, figure.runs), figure.entry, found)
      shown = curves.until(shown, figure.last_step)
      made.append(panels.compared(study, figure.entry, shown, log=figure.log))
    elif isinstance(figure, Scatter):
      made.append(scatter(results, figure))
    else:
      made.append(against(results, figure))
  made += [_drawn(drawing) for drawing in results.drawings]
  log = any(
    f.log for f in study.figures if isinstance(f, Curves) and f.entry == entry
  )
  shown = _of(study.runs, entry, found)
  if asked or not study.figures:
    made.append(panels.one_by_one(study, entry, shown, log=log))
  kept = [drawn for drawn in made if drawn is not None]
  return [d._replace(name=f'{i:02d}-{d.name}') for i, d in enumerate(kept, 1)]


def _drawn(drawing: Drawing) -> Drawn | None:
  """A figure of an analysis; its error is told, and ends no report."""
  try:
    return drawing.draw(drawing.parts)
  except Exception:  # Whatever somebody's function may raise.
    _log.exception('%s drew nothing', drawing.draw.__name__)
    return None


def _of(runs: tuple[Run, ...], entry: str, found: curves.Curves) -> Shown:
  """The curves of an entry, of those rows that recorded it."""
  rows = [row for run in runs for row in run.rows()]
  return {row: found[row][entry] for row in rows if entry in found.get(row, {})}
