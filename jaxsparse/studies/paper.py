"""The numbers that a paper prints, from a CSV file beside its studies.

The file has the columns `table`, `run`, `sparsity`, `metric` and `value`, and a
line for each number: `table` begins with the name that studies ask for, and
goes on with where the paper has it; `sparsity`, or the column of another field
in its place, is empty where the run has none; values are in the metric's
displayed unit.
"""

import csv
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any


def numbers(
  path: str | os.PathLike[str], name: str, *, by: str = 'sparsity'
) -> Mapping[str, Mapping[str, Any]]:
  """Returns run -> metric -> number, or -> {value: number}: `Run.paper`.

  Args:
    path: of the CSV file.
    name: the first word of the tables to read.
    by: the column of the values of the run's grid.
  """
  runs: dict[str, dict[str, Any]] = {}
  with pathlib.Path(path).open(newline='') as lines:
    for line in csv.DictReader(lines):
      if line['table'].split()[0] == name:
        metrics = runs.setdefault(line['run'], {})
        metric, number = line['metric'], json.loads(line['value'])
        if line[by]:
          metrics.setdefault(metric, {})[float(line[by])] = number
        else:
          metrics[metric] = number
  return runs
