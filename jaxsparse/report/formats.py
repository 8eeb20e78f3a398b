"""Tables as text: CSV and Markdown."""

import re
from collections.abc import Sequence

import pandas as pd


def csv(table: pd.DataFrame) -> str:
  """Returns the text of a CSV file; floats have all their digits."""
  return table.to_csv(index=False, lineterminator='\n')


def markdown(lines: Sequence[Sequence[str]], left: int = 1) -> str:
  """Returns a Markdown table.

  Args:
    lines: cells of the heading, then of each line.
    left: how many columns are aligned to the left; the others are to the right.
  """
  heading, *body = ([plain(cell) for cell in line] for line in lines)
  rule = [':--' if i < left else '--:' for i in range(len(heading))]
  return '\n'.join(f'| {" | ".join(x)} |' for x in (heading, rule, *body))


def plain(text: str) -> str:
  """Returns a text on one line, with Markdown's characters escaped."""
  return ' '.join(re.sub(r'[\\|<*`]', r'\\\g<0>', text).split())
