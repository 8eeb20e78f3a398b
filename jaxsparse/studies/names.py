"""What a report calls fields, values, points and rows."""

import re
from typing import Any

from jaxsparse.studies.spec import Point, Row, Study

# In quotes it may hold spaces; no `//`, as in a URL.
_PATH = re.compile(
  r"""(?<=['"`])~?/(?!/)(?:[^'"`\n]*/)?(?P<name>[^'"`/\n]+)/?(?=['"`])"""
  r"""|(?<![^\s=:,(\[])~?/(?!/)(?:[^\s'"`:;,()/]+/)*"""
  r"""(?P<last>[^\s'"`:;,()/]+)/?"""
)
MINUS = '\N{MINUS SIGN}'


def field_name(field: str) -> str:
  """'updater.drop_fraction' -> 'drop fraction'; of `model.name`, 'model'."""
  *sections, last = field.split('.')
  if last == 'name' and sections:
    last = sections[-1]
  return last.replace('_', ' ')


def is_sparsity(field: str) -> bool:
  """Whether the values of a field are fractions of zeros."""
  return field.split('.')[-1] == 'sparsity'


def axis_name(field: str) -> str:
  """What an axis along a field's values is called: 'sparsity (%)'."""
  return field_name(field) + (' (%)' if is_sparsity(field) else '')


def value_name(field: str, value: Any) -> str:
  """A value of a field; sparsities in per cent."""
  number = isinstance(value, int | float) and not isinstance(value, bool)
  if number and is_sparsity(field):
    return f'{100 * value:.10g} %'
  if isinstance(value, float):
    return f'{value:.10g}'
  return str(value)


def point_name(point: Point) -> str:
  """'sparsity 98 %, drop fraction 0.3'; '' for a run without a grid."""
  return ', '.join(
    f'{field_name(field)} {value_name(field, value)}' for field, value in point
  )


def row_name(study: Study, row: Row) -> str:
  """'RigL, sparsity 98 %'."""
  point = point_name(row.point)
  shown = study.run(row.run).shown
  return f'{shown}, {point}' if point else shown


def signed(text: str) -> str:
  """A number's text with a real minus sign."""
  return text.replace('-', MINUS)


def tied(text: str) -> str:
  """Text in which no line begins with a per cent sign."""
  return text.replace(' %', '\N{NO-BREAK SPACE}%')


def without_folders(text: str) -> str:
  """Text in which an absolute path is but the last name in it."""
  return _PATH.sub(lambda found: found['name'] or found['last'], text)


def count(number: int, noun: str) -> str:
  """'1 seed', '5 seeds'."""
  return f'{number:,} {noun}' + ('' if number == 1 else 's')
