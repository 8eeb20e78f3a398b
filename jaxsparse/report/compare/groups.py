"""Runs grouped by config fields, and the metrics of a group."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from jaxsparse.config.dicts import flat
from jaxsparse.core import paths
from jaxsparse.report.compare.queries import is_number, plain
from jaxsparse.report.compare.runs import Found
from jaxsparse.results import metrics

# Fields in which the members of a group differ, and paths.
_NOT_BY = ('seed', 'replicates', 'data.dir', 'checkpoint.keep')


class Group(NamedTuple):
  """Runs with the same values of some fields.

  Attributes:
    key: `(field, value)` for each of the fields; the value is `None` if the
      config of the runs does not have the field.
    runs: of the group, finished or not.
  """

  key: tuple[tuple[str, Any], ...]
  runs: tuple[Found, ...]

  @property
  def finished(self) -> list[Found]:
    """Runs with a summary."""
    return [run for run in self.runs if run.summary is not None]


def differing(runs: Sequence[Found]) -> tuple[str, ...]:
  """Returns the config fields with more than one value among the runs."""
  values: dict[str, set[Any]] = {}
  for run in runs:
    for field, value in run.fields.items():
      values.setdefault(field, set()).add(plain(value))
  return tuple(
    field
    for field, held in sorted(values.items())
    if len(held) > 1 and field not in _NOT_BY
  )


def between(made: Sequence[Group]) -> tuple[str, ...]:
  """Returns the fields in which groups differ, apart from those of their key.

  A field differs if the set of its values among the finished runs is not the
  same in every group that has the field.

  Args:
    made: from `groups`.
  """
  key = {field for group in made for field, _ in group.key}
  runs = [run for group in made for run in group.finished]
  held = {
    field: {
      frozenset(
        plain(run.fields[field])
        for run in group.finished
        if field in run.fields
      )
      for group in made
    }
    for field in differing(runs)
    if field not in key
  }
  return tuple(f for f, sets in held.items() if len(sets - {frozenset()}) > 1)


def groups(runs: Sequence[Found], by: Sequence[str]) -> list[Group]:
  """Groups runs by their values of the fields `by`; sorts by these values."""
  by_key: dict[tuple[Any, ...], list[Found]] = {}
  for run in runs:
    key = tuple(plain(run.fields.get(field)) for field in by)
    by_key.setdefault(key, []).append(run)
  return [
    Group(tuple(zip(by, key, strict=True)), tuple(by_key[key]))
    for key in sorted(by_key, key=lambda key: [_rank(v) for v in key])
  ]


def _rank(value: Any) -> tuple[bool, float, str]:
  """Returns a sort key: numbers by size, then other values by their text."""
  number = is_number(value)
  return (not number, value if number else 0, str(value))


def check_metrics(runs: Sequence[Found], names: Sequence[str]) -> None:
  """Raises `ValueError` for a metric that no finished run has."""
  valid = {name for run in runs for name in _numbers(run)}
  for name in names:
    if valid and name not in valid:
      raise ValueError(
        f'--metric: {name!r} is in no summary.json of these runs;'
        f' they have {", ".join(sorted(valid))}.{paths.nearest(name, valid)}'
      )


def values(runs: Sequence[Found], name: str) -> list[float]:
  """Returns a metric of each replicate of each run, in its display unit."""
  scale = metrics.metric(name).scale
  return [scale * v for run in runs for v in _numbers(run).get(name, ())]


def _numbers(run: Found) -> dict[str, list[float]]:
  """Returns metric -> its values over the replicates, or its one value."""
  numbers: dict[str, list[float]] = {}
  for name, value in flat(run.summary or {}).items():
    if isinstance(value, list):
      spread = name.removesuffix('.values')
      numbers[spread] = [v for v in value if v is not None]
    elif is_number(value) and not name.endswith(('.mean', '.std')):
      numbers[name] = [value]
  return numbers


def seeds(group: Group) -> int:
  """Counts the finished members of a group: replicates that did not fail."""
  return sum(
    s['replicates'] - len(s['failed'])
    for s in (run.summary for run in group.finished)
    if s is not None
  )
