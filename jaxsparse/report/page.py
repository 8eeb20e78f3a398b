"""`report.md` and `report.html`: one content, rendered by two templates.

The text is stored beside the study, and has no figures and no list of members.
The page is one file that refers to no other.
"""

import base64
import contextlib
import itertools
import statistics
from collections.abc import Sequence
from typing import Any

import jinja2
import pandas as pd

from jaxsparse.config import identity
from jaxsparse.plotting.panels import Drawn
from jaxsparse.plotting.styles import SINGLE
from jaxsparse.report import formats, sentences, tables
from jaxsparse.report.cells import Cell
from jaxsparse.results import metrics
from jaxsparse.results.names import count, field_name, tied, without_folders
from jaxsparse.results.rows import MemberResult
from jaxsparse.runs import workdir
from jaxsparse.studies.results import Results

# The most columns that fit a page in portrait.
_BROAD = 8
_KINDS = {'ours': 'mean ± sd (n)', 'paper': 'paper', 'difference': 'difference'}


def markdown(results: Results) -> str:
  """Returns `report.md`; only its last section depends on the clock."""
  table = tables.cells(results)
  return _render(
    'report.md.j2',
    results,
    table,
    lines=tables.lines(results.study, table, why=True),
    failures=tables.failures(results),
    executions=sentences.executions(results),
    command=without_folders(' '.join(results.command.split())),
    steps=sentences.steps(results),
  )


def page(results: Results, drawn: Sequence[tuple[Drawn, bytes]]) -> str:
  """Returns the HTML of the report.

  Args:
    results: of the study.
    drawn: its figures, each with its SVG.
  """
  table = tables.cells(results)
  return _render(
    'report.html.j2',
    results,
    table,
    layout=_layout(results, table),
    notes=[p for p in results.study.notes.split('\n\n') if p.strip()],
    figures=[_figure(*pair) for pair in drawn],
    failures=_failures(results),
    members=[_member(results, member) for member in results.members],
    noted=any(member.note for member in results.members),
  )


def _render(
  template: str, results: Results, table: pd.DataFrame, **content: Any
) -> str:
  environment = jinja2.Environment(
    loader=jinja2.PackageLoader('jaxsparse.report', '.'),
    autoescape=template.endswith('.html.j2'),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
  )
  environment.filters |= {'plain': formats.plain, 'tied': tied, 'count': count}
  environment.globals |= {'markdown_table': formats.markdown}
  return environment.get_template(template).render(
    results=results,
    study=results.study,
    account=sentences.account(results),
    table=table,
    legend=tables.legend(results, table),
    reading=sentences.READING,
    times=sentences.times(results),
    time_lines=_time_lines(results),
    **content,
  )


def _layout(results: Results, table: Any) -> dict[str, Any]:
  """Returns the parts of the table: headings, and lines of cells by run.

  Where the study has an `across` field, the paper's number is below ours in
  the same cell, as a table of many columns would not fit a page; elsewhere it
  has separate columns. There are up to three heading lines: values across,
  metrics, and kinds. One that is the same in every column is left to the
  legend.
  """
  columns: list[Any] = [
    column
    for column in tables.texts(table, why=False).columns
    if column[-1] == 'ours' or not results.study.across
  ]
  headings = [
    [group for group, _, _ in columns],
    [metrics.metric(name).heading for _, name, _ in columns],
    [_KINDS[kind] for _, _, kind in columns],
  ]
  *above, last = [h for h in headings if len(set(h)) > 1] or headings[-1:]
  lines = [
    (key[0], key[1:], [(_cell(line[g, n]), kind) for g, n, kind in columns])
    for key, line in table.iterrows()
  ]
  by_run = itertools.groupby(lines, key=lambda line: line[0])
  return {
    'above': [
      [(text, len(list(group))) for text, group in itertools.groupby(heading)]
      for heading in above
    ],
    'labels': [field_name(name) for name in table.index.names],
    'heads': last,
    'bodies': [list(group) for _, group in by_run],
    'broad': len(columns) > _BROAD,
    'ruled': len(lines) > len({run for run, _, _ in lines}),
  }


def _cell(value: Any) -> Cell | None:
  return value if isinstance(value, Cell) else None


def _figure(drawn: Drawn, svg: bytes) -> dict[str, Any]:
  return {
    'drawn': drawn,
    'source': 'data:image/svg+xml;base64,' + base64.b64encode(svg).decode(),
    'wide': drawn.figure.get_figwidth() > SINGLE,
  }


def _failures(results: Results) -> list[str]:
  """Returns each reason once, with the seeds that it stopped."""
  by_reason: dict[tuple[str, str, str], list[str]] = {}
  for member in results.members:
    if member.error:
      where = results.study.row_name(member.row)
      key = where, member.kind, member.error
      by_reason.setdefault(key, []).append(str(member.seed))
  return [
    f'{where}, seed {", ".join(seeds)}, {kind}: {error}'
    for (where, kind, error), seeds in by_reason.items()
  ]


def _member(results: Results, member: MemberResult) -> dict[str, Any]:
  """Returns a member, the name of its row, and the digest of its config."""
  digest = ''
  if member.root is not None:
    # The error of the member reports a config that cannot be read.
    with contextlib.suppress(ValueError):
      digest = identity.whole_digest(workdir.read_config(member.root))
  row = results.study.row_name(member.row)
  return member._asdict() | {'row': row, 'digest': digest}


def _time_lines(results: Results) -> list[list[str]]:
  """Returns a heading, then a line for each row with finished members."""
  lines = [['row', 'members', 'wall seconds, mean', 'steps/s, mean']]
  for row in results.study.rows():
    finished = [m for m in results.of(row) if m.summary]
    if finished:
      name = results.study.row_name(row)
      seconds = _mean(finished, 'wall_seconds', ',.1f')
      speed = _mean(finished, 'steps_per_second', ',.0f')
      lines.append([name, str(len(finished)), seconds, speed])
  return lines


def _mean(members: Sequence[MemberResult], name: str, form: str) -> str:
  values = sentences.numbers(members, name)
  return f'{statistics.fmean(values):{form}}' if values else ''
