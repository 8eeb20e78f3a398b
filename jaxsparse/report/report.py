"""Writes the report of a study: tables, figures and a page.

Nothing but `times.csv` and the last sections of `report.md` and `report.html`
depends on the clock. All else is the same for a study that was killed and
resumed as for one that ran through.
"""

import pathlib
import re

from jaxsparse import storage
from jaxsparse.plotting import figures
from jaxsparse.report import formats, page, tables
from jaxsparse.report.figures import draw
from jaxsparse.results.names import without_folders
from jaxsparse.studies.results import Results

PAGE = 'report.html'
_FIGURES = 'figures'


def write(results: Results, folder: pathlib.Path) -> pathlib.Path:
  """Writes the report into a folder, over files of the same names.

  The files are `report.md`, `table.csv`, `times.csv`, `report.html`, and in
  `figures` each figure as PNG, SVG and PDF, with its caption in a `.txt`.
  Each file is replaced atomically, the page last.

  Args:
    results: of the study. The folders of its members are left out, so that a
      report does not depend on them.
    folder: created if needed.

  Returns:
    The path of `report.html`, which refers to none of the others.

  Raises:
    ValueError: a member's `metrics.jsonl` cannot be read.
  """
  results = _anywhere(results)
  drawn = draw.all_figures(results)
  images: dict[str, bytes] = {
    f'{d.name}.{form}': figures.encoded(d.figure, form)
    for d in drawn
    for form in figures.FORMS
  }
  html = page.page(results, [(d, images[f'{d.name}.svg']) for d in drawn])
  (folder / _FIGURES).mkdir(parents=True, exist_ok=True)
  captions = {f'{d.name}.txt': f'{d.text}\n'.encode() for d in drawn}
  for name, content in (images | captions).items():
    storage.write_atomic(folder / _FIGURES / name, content)
  for path in (folder / _FIGURES).iterdir():
    # Of a figure that the study no longer has.
    numbered = re.match(r'\d\d-', path.name)
    if numbered and path.name not in images | captions:
      path.unlink()
  for name, text in (
    ('report.md', page.markdown(results)),
    ('table.csv', formats.csv(tables.numbers(results))),
    ('times.csv', formats.csv(tables.times(results))),
    (PAGE, html),
  ):
    storage.write_atomic(folder / name, text)
  return folder / PAGE


def _anywhere(results: Results) -> Results:
  """Removes the folders from the errors and notes of results."""
  members = (
    member._replace(
      error=without_folders(member.error), note=without_folders(member.note)
    )
    for member in results.members
  )
  return results._replace(members=tuple(members))
