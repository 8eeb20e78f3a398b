"""Helpers to format text."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def capital(text: str) -> str:
  """Capitalises the first letter of `text`, and leaves the rest."""
  return text[:1].upper() + text[1:]


def lines_of_csv(heading: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
  """Returns the text of a CSV file; floats have all their digits."""
  out = io.StringIO()
  writer = csv.writer(out, lineterminator='\n')
  writer.writerow(heading)
  writer.writerows(lines)
  return out.getvalue()
