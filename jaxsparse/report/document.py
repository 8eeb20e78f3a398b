"""`report.md`: the whole report as text, to be stored beside the study.

Its content is that of the page, without the figures and the list of members.
"""

import re
from collections.abc import Sequence

from jaxsparse.claims.verdicts import Judgement
from jaxsparse.report import reading, tables, times
from jaxsparse.report.account import account, carried
from jaxsparse.report.cells import lost, table
from jaxsparse.results.names import (
  count,
  without_folders,
)
from jaxsparse.studies.results import Results


def markdown(results: Results) -> str:
  """Returns `report.md`; only its last section depends on the clock."""
  study = results.study
  label_columns = 1 + len(table(results).fields)
  blocks = [
    f'# {plain(study.title)}',
    plain(study.source),
    plain(account(results)),
    _table(tables.grid(results, why=True), label_columns),
    plain(tables.legend(results)),
    *_claims(results.verdicts),
    *_section('Notes', plain(carried(results)), study.notes),
    *_section('Members without a result', _failures(results)),
    *_section('How it was made', *_how(results)),
    *_section(reading.TITLE, *map(plain, reading.PARAGRAPHS)),
    '## Times',
    plain(times.account(results)),
    _table(times.rows(results), 1),
  ]
  return '\n\n'.join(block for block in blocks if block) + '\n'


def plain(text: str) -> str:
  """Returns a text on one line, with Markdown's characters escaped."""
  return ' '.join(re.sub(r'[\\|<*`]', r'\\\g<0>', text).split())


def _table(rows: Sequence[Sequence[str]], left: int) -> str:
  """Returns a Markdown table; the first `left` columns are left-aligned."""
  heading, *lines = ([plain(cell) for cell in row] for row in rows)
  rule = [':--' if i < left else '--:' for i in range(len(heading))]
  return '\n'.join(f'| {" | ".join(r)} |' for r in (heading, rule, *lines))


def _section(title: str, *blocks: str) -> list[str]:
  """Returns a title and its blocks; nothing where all blocks are empty."""
  return [f'## {title}', *blocks] if any(blocks) else []


def _claims(judged: Sequence[Judgement]) -> list[str]:
  items = []
  for claim, of_claim in judged:
    lines = [f'  - **{v.outcome}**: {plain(v.text)}' for v in of_claim]
    items.append('\n'.join([f'- {plain(claim)}', *lines]))
  return _section('Claims', *items)


def _failures(results: Results) -> str:
  return '\n'.join(
    f'- {plain(results.study.row_name(row))}: {plain(why)}'
    for row in results.study.rows()
    if (why := lost(results.of(row)))
  )


def _how(results: Results) -> list[str]:
  """Returns the command, the length of the runs, and the versions."""
  command = without_folders(' '.join(results.command.split()))
  versions = [
    f'- {plain(name)}: {plain(version)}' for name, version in results.versions
  ]
  return [f'    {command}', _steps(results), '\n'.join(versions)]


def _steps(results: Results) -> str:
  """Returns '60 members of 11,719 steps each.', of finished members."""
  done = {m.root: m.summary for m in results.members if m.summary}
  steps = sorted({summary.get('steps', 0) for summary in done.values()})
  if not steps:
    return ''
  of = f'{steps[0]:,}' + (f' to {steps[-1]:,}' if len(steps) > 1 else '')
  return f'{count(len(done), "member")} of {of} steps each.'
