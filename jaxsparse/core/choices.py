"""One name out of a few: what is said of any other."""

from collections.abc import Iterable
from typing import Any

from jaxsparse.core import paths


def check(said: str, got: Any, accepted: Iterable[Any]) -> None:
  """Refuses what is none of the accepted names, and tells the nearest.

  >>> check("size is 'byte'", 'byte', ('bytes', 'rows'))
  Traceback (most recent call last):
    ...
  ValueError: size is 'byte'; accepted are bytes, rows. Did you mean 'bytes'?

  Args:
    said: what was got, and where.
    got: that itself.
    accepted: in the order in which they are to be told.

  Raises:
    ValueError: `got` is not among them.
  """
  known = list(accepted)
  if got not in known:
    named = [str(name) for name in known]
    raise ValueError(
      f'{said}; accepted are {", ".join(named) or "none"}.'
      f'{paths.nearest(str(got), named)}'
    )
