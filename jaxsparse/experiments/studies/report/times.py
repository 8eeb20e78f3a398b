"""How long a study's members took: the one place where a report shows time."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from jaxsparse.experiments.studies.names import row_name
from jaxsparse.experiments.studies.report import tables
from jaxsparse.experiments.studies.report.markup import (
  Markup,
  element,
  scrolling,
)
from jaxsparse.experiments.studies.results import MemberResult, Results
from jaxsparse.experiments.text import lines_of_csv

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


def section(results: Results) -> Markup:
  """The same by row, as the last section of the page."""
  heads = ('row', 'members', 'wall seconds, mean', 'steps/s, mean')
  every = [m for m in results.members if m.summary]
  rows = [
    _line('tr', row_name(results.study, row), found)
    for row in results.study.rows()
    if (found := [m for m in results.of(row) if m.summary])
  ]
  total = math.fsum(_numbers(every, 'wall_seconds'))
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
    element('tbody', rows),
  )
  return element(
    'section',
    element('h2', 'Times'),
    element('p', f'{total:,.1f} s in all members together.{_parts(every)}'),
    scrolling(table, 'Times'),
    id='times',
  )


def _parts(members: Sequence[MemberResult]) -> str:
  """What is to be known of members that have their time in common."""
  hows = {(m.summary or {}).get('carry', {}).get('how') for m in members}
  if 'vmap' not in hows:
    return ''
  return ' Of those carried by vmap each has its part of what they took.'


def _line(kind: str, name: str, members: Sequence[MemberResult]) -> Markup:
  seconds = _numbers(members, 'wall_seconds')
  speeds = _numbers(members, 'steps_per_second')
  return element(
    kind,
    element('th', name, scope='row'),
    element('td', str(len(members))),
    element('td', f'{statistics.fmean(seconds):,.1f}' if seconds else ''),
    element('td', f'{statistics.fmean(speeds):,.0f}' if speeds else ''),
  )


def _numbers(members: Sequence[MemberResult], name: str) -> list[float]:
  found: list[Any] = [(m.summary or {}).get(name) for m in members]
  return [float(v) for v in found if isinstance(v, int | float)]
