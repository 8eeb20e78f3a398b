"""Small things that several texts are made with."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def capital(text: str) -> str:
  """`text` with a capital at its start, and the rest as it is."""
  return text[:1].upper() + text[1:]


def lines_of_csv(heading: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
  """Text of a CSV file; floats have all their digits."""
  out = io.StringIO()
  writer = csv.writer(out, lineterminator='\n')
  writer.writerow(heading)
  writer.writerows(lines)
  return out.getvalue()
