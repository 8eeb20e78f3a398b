"""When and where a report was written, and how long its members took.

It is the one place where a report knows the clock and the machine that wrote
it.
"""

import datetime
import math
import statistics
from collections.abc import Sequence
from typing import Any

from jaxsparse.config.text import lines_of_csv
from jaxsparse.runs import versions
from jaxsparse.studies.names import count, row_name
from jaxsparse.studies.report import tables
from jaxsparse.studies.report.markup import (
  Markup,
  element,
  scrolling,
)
from jaxsparse.studies.results import MemberResult, Results

_ENTRIES = ('steps', 'wall_seconds', 'steps_per_second')


def csv(results: Results) -> str:
  """The content of `times.csv`: one line a member that finished."""
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
  """When and where the report was written, and all members' time."""
  every = [m for m in results.members if m.summary]
  total = math.fsum(_numbers(every, 'wall_seconds'))
  return (
    f'Written on {datetime.datetime.now().astimezone():%Y-%m-%d}, on'
    f' {_machine()}. {total:,.1f} s in all members together.{_parts(every)}'
  )


def rows(results: Results) -> list[list[str]]:
  """A heading, then a line for each row that has members which finished."""
  return [
    ['row', 'members', 'wall seconds, mean', 'steps/s, mean'],
    *(
      _line(row_name(results.study, row), found)
      for row in results.study.rows()
      if (found := [m for m in results.of(row) if m.summary])
    ),
  ]


def section(results: Results) -> Markup:
  """The same as the last section of the page."""
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
  """'2 cores of Intel(R) Xeon(R) Processor (x86_64), with jax 0.10.2'."""
  made = versions.made_with()
  kind = made.get('processor', '')
  name = f'{kind} ({made["machine"]})' if kind else made['machine']
  if 'cores' in made:
    name = f'{count(int(made["cores"]), "core")} of {name}'
  else:
    name = f'{made["device"]}, {name}'
  return f'{name}, with jax {made["jax"]}'


def _parts(members: Sequence[MemberResult]) -> str:
  """What is to be known of members that have their time in common."""
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
  found: list[Any] = [(m.summary or {}).get(name) for m in members]
  return [float(v) for v in found if isinstance(v, int | float)]
