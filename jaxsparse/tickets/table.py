"""Tickets as a table: found in folders, selected by a condition."""

import ast
import re
from collections.abc import Sequence

import pandas as pd

from jaxsparse import storage
from jaxsparse.config.dicts import flat
from jaxsparse.core import choices
from jaxsparse.core.tables import aligned
from jaxsparse.results import metrics
from jaxsparse.results.frame import below, hashable
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.tickets.manifest import Manifest, StrPath, is_ticket, manifest

_VERDICT = 'verdict'
_ACCEPTED = (
  ast.Expression,
  ast.BoolOp,
  ast.boolop,
  ast.UnaryOp,
  ast.unaryop,
  ast.BinOp,
  ast.operator,
  ast.Compare,
  ast.cmpop,
  ast.Name,
  ast.Load,
  ast.Constant,
  ast.List,
  ast.Tuple,
)


def find(folders: Sequence[StrPath]) -> tuple[list[Manifest], list[str]]:
  """Returns the tickets among the finished runs in folders, each once.

  Args:
    folders: workdirs of runs or studies, or folders of them.

  Returns:
    Manifests, and an error for each run whose files cannot be read.

  Raises:
    ValueError: there is no ticket that can be read.
  """
  runs = [r for folder in folders for r in below(storage.absolute(folder))]
  tickets, errors = [], []
  for root in dict.fromkeys(runs):
    try:
      fields = flat(workdir_lib.read_config(root))
      if is_ticket(fields) and workdir_lib.finished(root) is not None:
        tickets.append(manifest(root))
    except ValueError as error:
      errors.append(str(error))
  if not tickets:
    searched = ', '.join(map(str, folders))
    raise ValueError('; '.join([f'no finished ticket in {searched}', *errors]))
  return tickets, errors


def frame(tickets: Sequence[Manifest]) -> pd.DataFrame:
  """Returns a line for each ticket.

  Columns are the fields of `Manifest` that hold one value, `sparsity`,
  metrics (accuracies in per cent), and the fields of the recipe
  (`optimizer.learning_rate`), NaN where a ticket has the default.
  """
  lines = []
  for ticket in tickets:
    fields = vars(ticket)
    single = {n: v for n, v in fields.items() if not isinstance(v, dict)}
    verdict = (ticket.verdict or {}).get(_VERDICT)
    numbers = {
      name: metrics.metric(name).scale * value
      for name, value in ticket.metrics.items()
    }
    recipe = {field: hashable(value) for field, value in ticket.recipe.items()}
    derived = {'sparsity': 1 - ticket.density, _VERDICT: verdict}
    lines.append(recipe | single | derived | numbers)
  return pd.DataFrame(lines)


def where(table: pd.DataFrame, condition: str) -> pd.DataFrame:
  """Returns the lines of `frame` that meet a condition on their columns.

  Args:
    table: from `frame`.
    condition: in the language of `DataFrame.query`, without calls and
      attributes: 'density < 0.1 and test_accuracy > 97'. A name with a dot has
      backticks: '`optimizer.learning_rate` > 0.1'.

  Raises:
    ValueError: it is no condition on these columns.
  """
  names = re.findall(r'`([^`]*)`', condition)
  try:
    tree = ast.parse(re.sub(r'`[^`]*`', '_', condition), mode='eval')
  except SyntaxError:
    raise _refusal(condition, 'it cannot be parsed') from None
  for node in ast.walk(tree):
    if not isinstance(node, _ACCEPTED):
      raise _refusal(condition, f'got {type(node).__name__}')
    if isinstance(node, ast.Name) and node.id != '_':
      names.append(node.id)
  for name in names:
    choices.check(f'--where: got {name!r}', name, table.columns)
  try:
    meets = table.eval(condition)
  except (TypeError, ValueError) as error:
    raise _refusal(condition, str(error)) from None
  if not isinstance(meets, pd.Series) or not pd.api.types.is_bool_dtype(meets):
    raise _refusal(condition, 'it is no condition')
  return table[meets]


def _refusal(condition: str, reason: str) -> ValueError:
  return ValueError(
    f'--where: {condition!r}: {reason}; accepted are comparisons of columns,'
    " as in 'density < 0.1 and test_accuracy > 97'"
  )


def text(table: pd.DataFrame) -> str:
  """Formats the main columns of `frame`, one ticket a line."""
  scores = [name for name in table if str(name).startswith('test_')]
  lines = [
    ['name', 'level', 'density', 'active weights']
    + [metrics.metric(name).heading for name in scores]
    + ['verdict']
  ]
  for line in table.to_dict('records'):
    lines.append(
      [
        line['name'],
        str(line['level']),
        f'{line["density"]:.4f}',
        f'{line["active_weights"]:,}',
        *(_score(name, line[name]) for name in scores),
        line[_VERDICT] if isinstance(line[_VERDICT], str) else '-',
      ]
    )
  return aligned(lines)


def _score(name: str, value: float) -> str:
  return '-' if pd.isna(value) else metrics.metric(name).text(value)
