"""The figures of a study's report."""

import importlib
import logging
from collections.abc import Callable

from jaxsparse.plotting.panels import Drawn
from jaxsparse.report.figures import curves
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Curves, Figure

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
  drawn = [_drawn(results, figure) for figure in study.figures]
  drawn += [_of_users(d.name, d.draw) for d in results.drawings]
  of_curves = [f for f in study.figures if isinstance(f, Curves)]
  if of_curves or not study.figures:
    entry = of_curves[0].entry if of_curves else Curves().entry
    log = any(f.log for f in of_curves if f.entry == entry)
    drawn.append(curves.every_run(results, entry, log=log))
  figures = [d for d in drawn if d is not None]
  return [
    d._replace(name=f'{i:02d}-{d.name.replace("/", "-")}')
    for i, d in enumerate(figures, 1)
  ]


def _drawn(results: Results, figure: Figure) -> Drawn | None:
  """Draws a figure by its own method, or by the module of its kind here."""
  if draw := getattr(figure, 'draw', None):
    return _of_users(draw.__qualname__, draw, results)
  kind = type(figure).__name__.lower()
  return importlib.import_module(f'{__package__}.{kind}').draw(results, figure)


def _of_users(
  name: str, draw: Callable[..., Drawn], *content: Results
) -> Drawn | None:
  """Calls `draw`; logs an error, and returns `None` then."""
  try:
    return draw(*content)
  except Exception:  # A user's function may raise anything.
    _log.exception('%s drew nothing', name)
    return None
