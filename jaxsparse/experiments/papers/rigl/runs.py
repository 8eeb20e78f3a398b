"""Rows of the papers' tables: a method, where its weights lie, and how long.

A row is named by all three (`rigl_erk_5x`), and is a run over sparsities. What
its config does not say is in the `Net`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from jaxsparse.experiments.studies.spec import Run

SPARSITY = 'updater.sparsity'

Overrides = Mapping[str, Any]


class Row(NamedTuple):
  """A row of a table.

  Attributes:
    method: a method that moves masks, or `static` or `gmp`; or `dense` or
      `small_dense`, which have one row and one a width.
    spread: a key of `Net.spreads`; '' for dense nets.
    times: the multiplier of the run's length.
  """

  method: str
  spread: str = ''
  times: float = 1.0

  @property
  def name(self) -> str:
    """'rigl_erk_5x'."""
    longer = '' if self.times == 1 else f'{self.times:g}x'.replace('.', '_')
    return '_'.join(filter(None, (self.method, self.spread, longer)))

  @property
  def label(self) -> str:
    """'RigL 5x (ERK)'."""
    longer = '' if self.times == 1 else f' {self.times:g}x'
    spread = {'': '', 'erk': ' (ERK)', 'er': ' (ER)'}.get(
      self.spread, f' ({self.spread})'
    )
    return _LABELS[self.method] + longer + spread


Printed = Mapping[Row, Mapping[str, Any]]


class Net(NamedTuple):
  """A model and data, with the settings of the runs.

  Attributes:
    configs: what the base configs' names begin with: that of a method is
      `<configs>_<method>`.
    spreads: how sparsity may be spread -> the fields that say so.
    printed: row -> metric -> the numbers of the paper, by sparsity (of small
      dense nets by width), in shown units.
    overrides: of every run.
    moving: of methods that move masks.
    pruned: of gradual pruning.
    widths: `model.width` of the small dense nets.
    small: of these, besides.
  """

  configs: str
  spreads: Mapping[str, Overrides]
  printed: Printed = {}
  overrides: Overrides = {}
  moving: Overrides = {}
  pruned: Overrides = {}
  widths: tuple[float, ...] = ()
  small: Overrides = {}


_LABELS = {
  'dense': 'dense',
  'small_dense': 'small dense',
  'static': 'Static',
  'set': 'SET',
  'snfs': 'SNFS',
  'rigl': 'RigL',
  'rigl_sg': 'RigL-SG',
  'rigl_sm': 'RigL-SM',
  'gmp': 'pruning',
}
# Those that have a config; any other is named over that of RigL.
_CONFIGS = ('dense', 'static', 'set', 'rigl', 'gmp')


def runs(
  net: Net,
  rows: Iterable[Row],
  sparsities: tuple[float, ...],
  *,
  seeds: int = 3,
  **changed: Any,
) -> tuple[Run, ...]:
  """The runs of a table, with the paper's numbers.

  Args:
    net: the model with its settings.
    rows: of the table.
    sparsities: its columns; a dense net has none.
    seeds: of each; the papers have 3.
    **changed: fields that these runs have otherwise, sections before `__`.
  """
  fields = {name.replace('__', '.'): v for name, v in changed.items()}
  return tuple(_run(net, row, sparsities, seeds, fields) for row in rows)


def _run(
  net: Net,
  row: Row,
  sparsities: tuple[float, ...],
  seeds: int,
  changed: Overrides,
) -> Run:
  overrides = {**net.overrides, **_length(row), **_own(net, row), **changed}
  grid = _grid(net, row, sparsities)
  return Run(
    row.name,
    _config(net, row),
    overrides={k: v for k, v in overrides.items() if k not in grid},
    grid=grid,
    seeds=seeds,
    label=row.label,
    paper=_printed(net, row, grid),
  )


def _length(row: Row) -> Overrides:
  return {} if row.times == 1 else {'multiplier': row.times}


def _config(net: Net, row: Row) -> str:
  known = 'dense' if row.method == 'small_dense' else row.method
  return f'{net.configs}_{known if known in _CONFIGS else "rigl"}'


def _own(net: Net, row: Row) -> Overrides:
  """What sets the method of a row apart."""
  match row.method:
    case 'dense':
      return {}
    case 'small_dense':
      return net.small
    case 'static':
      return net.spreads[row.spread]
    case 'gmp':
      return {**net.spreads[row.spread], **net.pruned}
  named = {} if row.method in _CONFIGS else {'updater.name': row.method}
  return {**named, **net.spreads[row.spread], **net.moving}


def _grid(
  net: Net, row: Row, sparsities: tuple[float, ...]
) -> dict[str, tuple[float, ...]]:
  match row.method:
    case 'dense':
      return {}
    case 'small_dense':
      return {'model.width': net.widths}
  return {SPARSITY: sparsities}


def _printed(
  net: Net, row: Row, grid: Mapping[str, tuple[float, ...]]
) -> dict[str, Any]:
  """The numbers of those points that the grid has."""
  found = {}
  for metric, given in net.printed.get(row, {}).items():
    if isinstance(given, Mapping):
      (points,) = grid.values()
      found[metric] = {p: given[p] for p in points if p in given}
    else:
      found[metric] = given
  return found
