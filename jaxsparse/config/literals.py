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


def literal(text: str) -> Any:
  """Parses a number, quoted string, tuple, true, false or none, else `text`."""
  try:
    return ast.literal_eval(text)
  except (ValueError, SyntaxError):
    return _WORDS.get(text.lower(), text)
