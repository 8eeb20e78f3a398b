"""Runs as a DataFrame: conditions on their fields, groups, and a table."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from jaxsparse.config import literals
from jaxsparse.core import choices
from jaxsparse.report.compare.runs import Found
from jaxsparse.results import metrics
from jaxsparse.results.frame import hashable, numbers
from jaxsparse.results.names import headings, is_number, label, value_or_dash
from jaxsparse.results.statistics import mean_and_deviation, mean_and_std

_CONDITION = re.compile(r'([\w.]+?)\s*(!=|<=|>=|=|<|>|\s+in\s+)\s*(.*)', re.S)
_RELATIONS: dict[str, Callable[[Any, Sequence[Any]], bool]] = {
  '=': lambda value, accepted: value in accepted,
  'in': lambda value, accepted: value in accepted,
  '!=': lambda value, accepted: value not in accepted,
  '<': lambda value, accepted: value < accepted[0],
  '<=': lambda value, accepted: value <= accepted[0],
  '>': lambda value, accepted: value > accepted[0],
  '>=': lambda value, accepted: value >= accepted[0],
}
# Fields in which the members of a group differ, and paths.
_NOT_BY = ('seed', 'data.dir', 'checkpoint.keep')
# The column of the runs themselves.
_RUN = 'run'


class ComparedRuns(NamedTuple):
  """Runs with the same values of some fields.

  Attributes:
    key: field -> value; `None` if the config of the runs does not have it.
    runs: of the group, finished or not.
  """

  key: dict[str, Any]
  runs: pd.DataFrame

  @property
  def label(self) -> str:
    """Name in a legend: 'rigl, sparsity 90 %'."""
    return label(tuple(self.key.items()))

  @property
  def finished(self) -> list[Found]:
    """Runs with a summary."""
    return [run for run in self.runs[_RUN] if run.summary is not None]


def frame(runs: Sequence[Found]) -> pd.DataFrame:
  """Returns a line for each run: its config fields, NaN where it lacks one."""
  fields = [
    {field: hashable(value) for field, value in run.fields.items()}
    for run in runs
  ]
  table = pd.DataFrame(fields, dtype=object)
  return table.assign(**{_RUN: pd.Series(list(runs), dtype=object)})


def known(name: str, runs: pd.DataFrame) -> str:
  """Returns the name of a config field, without a leading `config.`.

  Raises:
    ValueError: no run has it; the message has the nearest name.
  """
  name = name.strip().removeprefix('config.')
  names = set(runs.columns) - {_RUN}
  if name not in names:
    raise ValueError(
      f'{name!r} is no config field of these runs.'
      f'{choices.nearest(name, names)}'
    )
  return name


def where(runs: pd.DataFrame, condition: str) -> pd.DataFrame:
  """Returns the runs that have a field and meet a condition on it.

  Args:
    runs: to select from, perhaps of several methods.
    condition: `updater.sparsity>=0.9`, `updater.name in rigl,set`; with =, !=,
      <, <=, >, >= and in.

  Raises:
    ValueError: the condition cannot be parsed, the field is unknown, values
      that are no numbers are compared by size, or no run meets it.
  """
  matched = _CONDITION.fullmatch(condition.strip())
  if not matched:
    raise ValueError(
      f'--where: got {condition!r}; accepted is FIELD, one of = != < <= > >='
      ' in, and a value'
    )
  field, relation = known(matched[1], runs), matched[2].strip()
  values = [literals.literal(text) for text in literals.split(matched[3])]
  if relation != 'in' and len(values) > 1:
    raise ValueError(f'--where: got {condition!r}; several values go with in')
  column = _present(runs[field])
  accepted = [hashable(value) for value in values]
  if relation in ('<', '<=', '>', '>='):
    for value in column:
      if not (is_number(value) and is_number(accepted[0])):
        raise ValueError(
          f'--where: {field} {relation} {accepted[0]!r}, but a run has'
          f' {value!r}; accepted with it are numbers'
        )
  meets = [_RELATIONS[relation](value, accepted) for value in column]
  chosen = runs.loc[column.index[meets]]
  if chosen.empty:
    raise ValueError(f'--where: no run has {condition}')
  return chosen


def _present(column: pd.Series) -> pd.Series:
  """Returns the values of the runs that have a field; it may be `None`."""
  return column[[value == value for value in column]]


def differing(runs: pd.DataFrame) -> list[str]:
  """Returns the config fields with more than one value among the runs."""
  return [
    field
    for field in sorted(set(runs.columns) - {_RUN, *_NOT_BY})
    if len(set(_present(runs[field]))) > 1
  ]


def between(groups: Sequence[ComparedRuns]) -> list[str]:
  """Returns the fields in which groups differ, apart from those of their key.

  A field differs if the set of its values among the finished runs is not the
  same in every group that has the field.
  """
  finished = [frame(group.finished) for group in groups if group.finished]
  if not finished:
    return []
  differ = []
  for field in differing(pd.concat(finished, ignore_index=True)):
    columns = [_present(runs[field]) for runs in finished if field in runs]
    sets = {frozenset(column) for column in columns if len(column)}
    if field not in groups[0].key and len(sets) > 1:
      differ.append(field)
  return differ


def grouped(runs: pd.DataFrame, by: Sequence[str]) -> list[ComparedRuns]:
  """Groups runs by their values of the fields `by`; sorts by these values."""
  if not by:
    return [ComparedRuns({}, runs)]
  groups = []
  for key, members in runs.groupby(list(by), dropna=False, sort=False):
    values = [value if value == value else None for value in key]
    groups.append(ComparedRuns(dict(zip(by, values, strict=True)), members))
  return sorted(
    groups, key=lambda group: [_rank(v) for v in group.key.values()]
  )


def _rank(value: Any) -> tuple[bool, float, str]:
  """Returns a sort key: numbers by size, then other values by their text."""
  number = is_number(value)
  return (not number, value if number else 0, str(value))


def table(groups: Sequence[ComparedRuns], names: Sequence[str]) -> pd.DataFrame:
  """Returns a line for each group: its key, members, and numbers.

  Args:
    groups: from `grouped`.
    names: of the metrics: two columns each, `<name>_mean` and `<name>_std`, in
      the display unit.
  """
  lines = []
  for group in groups:
    left_out = len(group.runs) - len(group.finished)
    line = {**group.key, 'seeds': len(group.finished), 'left_out': left_out}
    for name in names:
      mean, std = mean_and_deviation(values(group, name))
      line |= {f'{name}_mean': mean, f'{name}_std': std}
    lines.append(line)
  return pd.DataFrame(lines, dtype=object)


def texts(table: pd.DataFrame, names: Sequence[str]) -> list[list[str]]:
  """Returns the texts of a heading line, and of each line of `table`."""
  fields = list(table.columns[: table.columns.get_loc('seeds')])
  shown = [metrics.metric(name) for name in names]
  lines = [[*headings(fields), 'seeds', *(metric.heading for metric in shown)]]
  for line in table.to_dict('records'):
    cells = [
      '-'
      if (mean := line[f'{metric.name}_mean']) is None
      else mean_and_std(mean, line[f'{metric.name}_std'], metric.text)
      for metric in shown
    ]
    key = [value_or_dash(field, line[field]) for field in fields]
    lines.append([*key, str(line['seeds']), *cells])
  return lines


def check_metrics(runs: pd.DataFrame, names: Sequence[str]) -> None:
  """Raises `ValueError` for a metric that no finished run has."""
  valid = {name for run in runs[_RUN] for name in numbers(run.summary or {})}
  for name in names:
    if valid and name not in valid:
      raise ValueError(
        f'--metric: {name!r} is in no summary.json of these runs;'
        f' they have {", ".join(sorted(valid))}.{choices.nearest(name, valid)}'
      )


def values(group: ComparedRuns, name: str) -> list[float]:
  """Returns a metric of each run that has it, in its display unit."""
  scale = metrics.metric(name).scale
  every = (numbers(run.summary or {}).get(name) for run in group.finished)
  return [scale * number for number in every if number is not None]
