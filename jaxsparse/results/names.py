"""Names of fields, values, points and rows in a report."""

import re
from collections.abc import Sequence
from typing import Any

from jaxsparse.results.rows import Point

# An absolute path: in quotes it may contain spaces; no `//`, as in a URL.
_PATH = re.compile(
  r"""(?<=['"`])~?/(?!/)(?:[^'"`\n]*/)?(?P<name>[^'"`/\n]+)/?(?=['"`])"""
  r"""|(?<![^\s=:,(\[])~?/(?!/)(?:[^\s'"`:;,()/]+/)*"""
  r"""(?P<last>[^\s'"`:;,()/]+)/?"""
)
MINUS = '\N{MINUS SIGN}'


def field_name(field: str) -> str:
  """Returns a field in words: 'updater.drop_fraction' -> 'drop fraction'.

  `model.name` is 'model'.
  """
  *sections, last = field.split('.')
  if last == 'name' and sections:
    last = sections[-1]
  return last.replace('_', ' ')


def headings(fields: Sequence[str]) -> list[str]:
  """Returns a short name for each field, or its full name if ambiguous."""
  names = [field_name(field) for field in fields]
  return [
    field if names.count(name) > 1 else name
    for field, name in zip(fields, names, strict=True)
  ]


def is_number(value: Any) -> bool:
  """Returns whether a value is a number, and not a boolean."""
  return isinstance(value, int | float) and not isinstance(value, bool)


def is_sparsity(field: str) -> bool:
  """Returns whether the values of a field are fractions of zeros."""
  return field.split('.')[-1] == 'sparsity'


def axis_name(field: str) -> str:
  """Returns the label of an axis along a field: 'sparsity (%)'."""
  return field_name(field) + (' (%)' if is_sparsity(field) else '')


def value_name(field: str, value: Any) -> str:
  """Formats a value of a field; sparsities are in per cent."""
  if is_number(value) and is_sparsity(field):
    return f'{100 * value:.10g} %'
  if isinstance(value, float):
    return f'{value:.10g}'
  return str(value)


def point_name(point: Point) -> str:
  """Returns 'sparsity 98 %, drop fraction 0.3'; '' for no grid."""
  return ', '.join(
    f'{field_name(field)} {value_name(field, value)}' for field, value in point
  )


def row_name(label: str, point: Point) -> str:
  """Returns the name of a row of a run: 'RigL, sparsity 98 %'."""
  where = point_name(point)
  return f'{label}, {where}' if where else label


def value_or_dash(field: str, value: Any) -> str:
  """Formats a value of a field; '-' where a config has no such field."""
  return '-' if value is None else value_name(field, value)


def label(key: Sequence[tuple[str, Any]]) -> str:
  """Returns the label of a group in a legend: 'rigl, sparsity 90 %'."""
  names = headings([field for field, _ in key])
  parts = [
    str(value)
    if field.endswith('.name')
    else f'{name} {value_or_dash(field, value)}'
    for name, (field, value) in zip(names, key, strict=True)
  ]
  return ', '.join(parts) or 'all runs'


def capital(text: str) -> str:
  """Capitalises the first letter of `text`, and leaves the rest."""
  return text[:1].upper() + text[1:]


def signed(text: str) -> str:
  """Replaces the hyphens in a number's text by minus signs."""
  return text.replace('-', MINUS)


def tied(text: str) -> str:
  """Puts no-break spaces before per cent signs, so that no line begins so."""
  return text.replace(' %', '\N{NO-BREAK SPACE}%')


def without_folders(text: str) -> str:
  """Shortens the absolute paths in a text to their last names."""
  return _PATH.sub(lambda match: match['name'] or match['last'], text)


def count(number: int, noun: str) -> str:
  """Returns a number with its noun: '1 seed', '5 seeds'."""
  return f'{number:,} {noun}' + ('' if number == 1 else 's')
