"""Groups of runs as a table: for a person, for programs, for Markdown."""

from collections.abc import Sequence
from typing import Any

from jaxsparse.config.text import lines_of_csv
from jaxsparse.runs import summary
from jaxsparse.studies import metrics
from jaxsparse.studies.compare import groups
from jaxsparse.studies.compare.groups import Group
from jaxsparse.studies.names import field_name, value_name


def table(made: Sequence[Group], names: Sequence[str]) -> list[list[str]]:
  """A heading and a row a group: the key, members, mean ± std of metrics.

  Args:
    made: from `groups`.
    names: of the metrics.
  """
  shown = [metrics.metric(name) for name in names]
  fields = headings([field for field, _ in made[0].key])
  rows = [[*fields, 'seeds', *(metric.heading for metric in shown)]]
  for group in made:
    cells = (_cell(groups.values(group.finished, m.name), m) for m in shown)
    key = (_text(field, value) for field, value in group.key)
    rows.append([*key, str(groups.seeds(group)), *cells])
  return rows


def _cell(found: Sequence[float], metric: metrics.Metric) -> str:
  if not found:
    return '-'
  spread = summary.spread(found)
  return summary.mean_and_std(spread['mean'], spread['std'], metric.text)


def _text(field: str, value: Any) -> str:
  return '-' if value is None else value_name(field, value)


def label(key: Sequence[tuple[str, Any]]) -> str:
  """'rigl, sparsity 90 %': what a group is called in a legend."""
  names = headings([field for field, _ in key])
  parts = [
    str(value) if field.endswith('.name') else f'{name} {_text(field, value)}'
    for name, (field, value) in zip(names, key, strict=True)
  ]
  return ', '.join(parts) or 'all runs'


def headings(fields: Sequence[str]) -> list[str]:
  """What each field is called; in full where two would be called alike."""
  names = [field_name(field) for field in fields]
  return [
    field if names.count(name) > 1 else name
    for field, name in zip(fields, names, strict=True)
  ]


def to_csv(made: Sequence[Group], names: Sequence[str]) -> str:
  """The table for programs: fields in full, means and deviations apart."""
  ends = [f'{name}_{part}' for name in names for part in ('mean', 'std')]
  fields = [field for field, _ in made[0].key]
  lines = []
  for group in made:
    spreads = [
      summary.spread(groups.values(group.finished, name)) for name in names
    ]
    left_out = len(group.runs) - len(group.finished)
    numbers = [spread[part] for spread in spreads for part in ('mean', 'std')]
    key = (value for _, value in group.key)
    lines.append([*key, groups.seeds(group), left_out, *numbers])
  return lines_of_csv([*fields, 'seeds', 'left_out', *ends], lines)


def to_markdown(rows: Sequence[Sequence[str]]) -> str:
  """Rows, the first a heading, as a Markdown table, numbers to the right."""
  heading, *body = rows
  rule = ['---' if i == 0 else '---:' for i in range(len(heading))]
  lines = (' | '.join(row) for row in (heading, rule, *body))
  return ''.join(f'| {line} |\n' for line in lines)
