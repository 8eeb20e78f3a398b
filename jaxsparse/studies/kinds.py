"""What a study may claim of its runs, as plain data.

Where a claim applies and what it says is in `claims`, whether it holds in
`verdicts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class _Judged:
  """What every claim has.

  Attributes:
    metric: that it is about, by a name as `studies.quantities` has it.
    at: field -> value: where it is judged; at each point of the grid that its
      runs share by default.
    text: the claim in words; ours by default.
  """

  metric: str = 'test_accuracy'
  at: Mapping[str, Any] = field(default_factory=dict)
  text: str = ''


@dataclass(frozen=True)
class Ordering(_Judged):
  """The means of `runs` rise in the order given.

  Attributes:
    runs: names of two or more.
  """

  runs: tuple[str, ...]


@dataclass(frozen=True)
class Bound(_Judged):
  """The mean of `run` is at least, or at most, `value`, in shown units.

  Attributes:
    run: the name of a run.
    relation: '>=' or '<='.
    value: in the metric's unit as shown.
  """

  run: str
  relation: str
  value: float


@dataclass(frozen=True)
class Difference(_Judged):
  """The mean of `run` less that of `other` is at least, or at most, `value`."""

  run: str
  other: str
  relation: str
  value: float


@dataclass(frozen=True)
class Ratio(_Judged):
  """`run` has at least, or at most, `value` times what `other` has.

  By geometric means, so for numbers above 0.
  """

  run: str
  other: str
  relation: str
  value: float


@dataclass(frozen=True)
class Trend(_Judged):
  """`run`, less `minus` if given, rises or falls along a numeric grid field.

  Attributes:
    run: the name of a run whose grid has `along`.
    along: the field.
    direction: 'rises' or 'falls'.
    minus: a run with the same values of `along`, or without that field.
  """

  run: str
  along: str
  direction: str
  minus: str = ''


Claim = Ordering | Bound | Difference | Ratio | Trend
