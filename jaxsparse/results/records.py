"""Numbers of a member that its `metrics.jsonl` has, by the names of metrics."""

import pathlib
from collections.abc import Iterable

from jaxsparse.results.quantities import mean, parse
from jaxsparse.training import metrics


def numbers(path: pathlib.Path, names: Iterable[str]) -> dict[str, float]:
  """Returns the numbers of a member that are in its `metrics.jsonl`.

  Args:
    path: of the file, which may be missing.
    names: of metrics; those without steps, and those of which nothing was
      recorded at their steps, are left out.

  Raises:
    ValueError: the file cannot be read.
  """
  parsed = {n: q for n in names if (q := parse(n)).steps is not None}
  if not parsed or not path.exists():
    return {}
  rows = metrics.read(path)
  means = {name: mean(rows, quantity) for name, quantity in parsed.items()}
  return {name: value for name, value in means.items() if value is not None}
