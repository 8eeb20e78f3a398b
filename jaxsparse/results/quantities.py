"""Names of metrics, and the number of a member that each stands for.

- `test_accuracy`: an entry of `summary.json`, or a number that an analysis
  adds.
- `probe_loss@500`: the value of an entry in `metrics.jsonl` at a step, and
  `gradient_norm@200:1400` the mean of its values from one step to the other,
  both included.
- `layer_sparsity.Dense_0/kernel`, with or without steps: that of a leaf, where
  an entry has a number for each.
- `after-before`, with or without steps: the difference of two entries, of one
  member and at one step.
"""

import math
import re
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_ENTRY = r'\w+(\.[\w/]+)?'
_NAME = re.compile(
  rf'(?P<entry>{_ENTRY})(-(?P<less>{_ENTRY}))?'
  r'(@(?P<first>\d+)(:(?P<last>\d+))?)?',
  re.ASCII,
)

Record = Mapping[str, Any]


class Quantity(NamedTuple):
  """A number of a member.

  Attributes:
    entry: its name in a summary, or in the records where there are steps.
    less: the name of the entry that is subtracted, or ''.
    steps: the first and the last that count; `None` for a summary's.
  """

  entry: str
  less: str = ''
  steps: tuple[int, int] | None = None

  def of(self, entries: Record) -> float | None:
    """Returns the number in a summary or a record; `None` if it has none."""
    one = _number(entries, self.entry)
    other = _number(entries, self.less) if self.less else 0.0
    return None if one is None or other is None else one - other


def parse(name: str) -> Quantity:
  """Parses the name of a metric.

  Raises:
    ValueError: it has none of the forms above.
  """
  match = _NAME.fullmatch(name)
  if not match:
    raise ValueError(
      f'got {name!r}; accepted are ENTRY, ENTRY@STEP, ENTRY@FIRST:LAST, and'
      ' ENTRY-ENTRY or ENTRY.LEAF for ENTRY'
    )
  quantity = Quantity(match['entry'], match['less'] or '')
  if match['first'] is None:
    return quantity
  first = int(match['first'])
  last = first if match['last'] is None else int(match['last'])
  if last < first:
    raise ValueError(f'got {name!r}; accepted is a last step from {first} on')
  return quantity._replace(steps=(first, last))


def mean(records: Sequence[Record], quantity: Quantity) -> float | None:
  """Returns the mean over the steps of a quantity; `None` without any."""
  first, last = quantity.steps or (0, -1)
  values = [
    value
    for record in records
    if first <= record['step'] <= last
    and (value := quantity.of(record)) is not None
  ]
  return statistics.fmean(values) if values else None


def _number(entries: Record, name: str) -> float | None:
  """Returns a finite number, of a spread its mean; `None` for all else."""
  entry, _, leaf = name.partition('.')
  by_leaf = entries.get(entry)
  value = by_leaf.get(leaf) if leaf and isinstance(by_leaf, Mapping) else None
  value = entries.get(name, value)
  if isinstance(value, Mapping):
    value = value.get('mean')
  if not isinstance(value, int | float) or not math.isfinite(value):
    return None
  return float(value)
