"""When and where a report was written, and how long its members took.

Nothing else in a report depends on the clock or on the machine that wrote it.
"""

import datetime
import math
import statistics
from collections.abc import Sequence
from typing import Any

from jaxsparse.config.text import lines_of_csv
from jaxsparse.report import tables
from jaxsparse.report.markup import (
  Markup,
  element,
  scrolling,
)
from jaxsparse.results.names import count
from jaxsparse.results.rows import MemberResult
from jaxsparse.runs import versions
from jaxsparse.studies.results import Results

_ENTRIES = ('steps', 'wall_seconds', 'steps_per_second')


def csv(results: Results) -> str:
  """Returns the content of `times.csv`: one line a finished member."""
  fields = tables.grid_fields(results.study)
  return lines_of_csv(
    ['run', 'label', *fields, 'seed', *_ENTRIES],
    (
      [
        *tables.row_start(results, member.row, fields),
        member.seed,
        *(member.summary.get(name, '') for name in _ENTRIES),
      ]
      for member in results.members
      if member.summary is not None
    ),
  )


def account(results: Results) -> str:
  """Returns when and where the report was written, and all members' time."""
  finished = [m for m in results.members if m.summary]
  total = math.fsum(_numbers(finished, 'wall_seconds'))
  return (
    f'Written on {datetime.datetime.now().astimezone():%Y-%m-%d}, on'
    f' {_machine()}. {total:,.1f} s in all members together.{_parts(finished)}'
  )


def rows(results: Results) -> list[list[str]]:
  """Returns a heading, then a line for each row with finished members."""
  return [
    ['row', 'members', 'wall seconds, mean', 'steps/s, mean'],
    *(
      _line(results.study.row_name(row), finished)
      for row in results.study.rows()
      if (finished := [m for m in results.of(row) if m.summary])
    ),
  ]


def section(results: Results) -> Markup:
  """Returns the account and the rows as the last section of the page."""
  heads, *lines = rows(results)
  table = element(
    'table',
    element(
      'thead',
      element(
        'tr',
        [
          element('th', h, scope='col', class_=None if i else 'left')
          for i, h in enumerate(heads)
        ],
      ),
    ),
    element('tbody', [_row(line) for line in lines]),
  )
  return element(
    'section',
    element('h2', 'Times'),
    element('p', account(results)),
    scrolling(table, 'Times'),
    id='times',
  )


def _machine() -> str:
  """Names the machine and the version of JAX.

  '2 cores of Intel(R) Xeon(R) Processor (x86_64), with jax 0.10.2'.
  """
  facts = versions.made_with()
  kind = facts.get('processor', '')
  name = f'{kind} ({facts["machine"]})' if kind else facts['machine']
  if 'cores' in facts:
    name = f'{count(int(facts["cores"]), "core")} of {name}'
  else:
    name = f'{facts["device"]}, {name}'
  return f'{name}, with jax {facts["jax"]}'


def _parts(members: Sequence[MemberResult]) -> str:
  """Returns a note on the times of members that ran together by vmap."""
  hows = {(m.summary or {}).get('carry', {}).get('how') for m in members}
  if 'vmap' not in hows:
    return ''
  return ' Of those carried by vmap each has its part of what they took.'


def _line(name: str, members: Sequence[MemberResult]) -> list[str]:
  seconds = _numbers(members, 'wall_seconds')
  speeds = _numbers(members, 'steps_per_second')
  return [
    name,
    str(len(members)),
    f'{statistics.fmean(seconds):,.1f}' if seconds else '',
    f'{statistics.fmean(speeds):,.0f}' if speeds else '',
  ]


def _row(cells: Sequence[str]) -> Markup:
  name, *numbers = cells
  return element(
    'tr',
    element('th', name, scope='row'),
    [element('td', number) for number in numbers],
  )


def _numbers(members: Sequence[MemberResult], name: str) -> list[float]:
  values: list[Any] = [(m.summary or {}).get(name) for m in members]
  return [float(v) for v in values if isinstance(v, int | float)]
