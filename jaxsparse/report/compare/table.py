"""Tables of groups of runs: as text, CSV and Markdown."""

from collections.abc import Sequence

from jaxsparse.config.text import lines_of_csv
from jaxsparse.report.compare import groups
from jaxsparse.report.compare.groups import Group
from jaxsparse.results import metrics
from jaxsparse.results.names import headings, value_or_dash
from jaxsparse.runs import summary


def table(made: Sequence[Group], names: Sequence[str]) -> list[list[str]]:
  """Returns a heading, and a row per group: key, members, mean ± std.

  Args:
    made: from `groups`.
    names: of the metrics.
  """
  displayed = [metrics.metric(name) for name in names]
  fields = headings([field for field, _ in made[0].key])
  rows = [[*fields, 'seeds', *(metric.heading for metric in displayed)]]
  for group in made:
    cells = (_cell(groups.values(group.finished, m.name), m) for m in displayed)
    key = (value_or_dash(field, value) for field, value in group.key)
    rows.append([*key, str(groups.seeds(group)), *cells])
  return rows


def _cell(found: Sequence[float], metric: metrics.Metric) -> str:
  if not found:
    return '-'
  spread = summary.spread(found)
  return summary.mean_and_std(spread['mean'], spread['std'], metric.text)


def to_csv(made: Sequence[Group], names: Sequence[str]) -> str:
  """Formats the table as CSV: full field names, mean and std columns."""
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
  """Formats rows as a Markdown table; the first is the heading.

  Columns but the first are aligned to the right.
  """
  heading, *body = rows
  rule = ['---' if i == 0 else '---:' for i in range(len(heading))]
  lines = (' | '.join(row) for row in (heading, rule, *body))
  return ''.join(f'| {line} |\n' for line in lines)
