"""Checks of an argument that is one of a few names."""

import difflib
from collections.abc import Iterable
from typing import Any


def check(said: str, got: Any, accepted: Iterable[Any]) -> None:
  """Raises `ValueError` unless `got` is accepted; suggests the nearest name.

  >>> check("size is 'byte'", 'byte', ('bytes', 'rows'))
  Traceback (most recent call last):
    ...
  ValueError: size is 'byte'; accepted are bytes, rows. Did you mean 'bytes'?

  Args:
    said: the start of the message: the argument and its value.
    got: the value.
    accepted: the accepted values, in the order in which they are listed.

  Raises:
    ValueError: `got` is not among them.
  """
  options = list(accepted)
  if got not in options:
    named = [str(name) for name in options]
    raise ValueError(
      f'{said}; accepted are {", ".join(named) or "none"}.'
      f'{nearest(str(got), named)}'
    )


def nearest(name: str, accepted: Iterable[str]) -> str:
  """Returns ' Did you mean ...?' with the nearest accepted name, or ''."""
  close = difflib.get_close_matches(name, list(accepted), n=1, cutoff=0.5)
  return f' Did you mean {close[0]!r}?' if close else ''
