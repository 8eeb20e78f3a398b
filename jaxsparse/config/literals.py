"""Values as typed on a command line."""

import ast
from typing import Any

_OPENING, _CLOSING, _QUOTES = '([{', ')]}', '\'"'
_WORDS = {'true': True, 'false': False, 'none': None}


def split(text: str, at: str = ',') -> list[str]:
  """Splits a text at each `at` that is outside of brackets and quotes."""
  parts, depth, quote = [''], 0, ''
  for character in text:
    if character == at and not depth and not quote:
      parts.append('')
      continue
    parts[-1] += character
    if quote:
      quote = '' if character == quote else quote
    elif character in _QUOTES:
      quote = character
    else:
      depth += (character in _OPENING) - (character in _CLOSING)
  return [part.strip() for part in parts]


def arguments(field: str, entries: tuple[str, ...]) -> dict[str, Any]:
  """Parses ('NAME=VALUE', ...), the value of the config field `field`.

  Raises:
    ValueError: an entry is not of that form.
  """
  for entry in entries:
    if not isinstance(entry, str) or '=' not in entry:
      raise ValueError(
        f"config.{field}: got {entry!r}; accepted is 'NAME=VALUE'"
      )
  pairs = (entry.partition('=')[::2] for entry in entries)
  return {name.strip(): literal(text.strip()) for name, text in pairs}


def literal(text: str) -> Any:
  """Parses a number, quoted string, tuple, true, false or none, else `text`."""
  try:
    return ast.literal_eval(text)
  except (ValueError, SyntaxError):
    return _WORDS.get(text.lower(), text)
