"""Rows of the papers' tables: a method, where its weights lie, and how long.

A row is named by all three (`rigl_erk_5x`), and is a run over sparsities, or
of nets of another width one a sparsity. What its config does not say is in the
`Net`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from jaxsparse.experiments.studies.spec import Run

SPARSITY = 'updater.sparsity'
METRICS = ('test_accuracy', 'inference_flops', 'training_flops')

Overrides = Mapping[str, Any]


class Row(NamedTuple):
  """A row of a table.

  Attributes:
    method: a method of `jaxsparse.updaters`; or `small_dense`, `big_sparse`
      (of RigL), `structured` (RigL on slices of convolutions, the classifier
      dense and paid for by them), `lottery` (masks and start of another run,
      kept), `lottery_rigl` (moved by RigL) or `reinit` (its masks, moved, and a
      start of its own).
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
    spread = f' ({_SPREADS.get(self.spread, self.spread)})'
    return _LABELS[self.method] + longer + (spread if self.spread else '')


Printed = Mapping[Row, Mapping[str, Any]]


class Net(NamedTuple):
  """A model and data, with the settings of the runs.

  Attributes:
    configs: what the base configs' names begin with: that of a method is
      `<configs>_<method>`.
    spreads: how sparsity may be spread -> the fields that say so.
    printed: row -> metric -> the numbers of the paper by sparsity (of the
      dense net one), in shown units.
    overrides: of every run.
    moving: of methods that move masks.
    at_start: of SNIP, which reads gradients at step 0.
    snfs: of SNFS, besides `moving`.
    pruned: of gradual pruning.
    small: sparsity -> fields of the dense net of that size.
    big: sparsity -> fields of the net that is then of the dense one's size.
    source: the row, but for its spread, whose final masks `lottery`,
      `lottery_rigl` and `reinit` take.
    started: of these rows.
  """

  configs: str
  spreads: Mapping[str, Overrides]
  printed: Printed = {}
  overrides: Overrides = {}
  moving: Overrides = {}
  at_start: Overrides = {}
  snfs: Overrides = {}
  pruned: Overrides = {}
  small: Mapping[float, Overrides] = {}
  big: Mapping[float, Overrides] = {}
  source: str = ''
  started: Overrides = {}


_LABELS = {
  'dense': 'dense',
  'small_dense': 'small dense',
  'big_sparse': 'big sparse',
  'static': 'Static',
  'snip': 'SNIP',
  'set': 'SET',
  'snfs': 'SNFS',
  'rigl': 'RigL',
  'structured': 'RigL on slices',
  'rigl_sg': 'RigL-SG',
  'rigl_sm': 'RigL-SM',
  'gmp': 'pruning',
  'lottery': 'lottery',
  'lottery_rigl': 'lottery, then RigL',
  'reinit': 're-init',
}
_SPREADS = {'erk': 'ERK', 'er': 'ER', 'layers': 'by layer'}
# The method of rows that are not called by it.
_METHODS = {
  'small_dense': 'dense',
  'big_sparse': 'rigl',
  'structured': 'rigl',
  'lottery': 'static',
  'lottery_rigl': 'rigl',
  'reinit': 'rigl',
}
_STRUCTURED: Overrides = {
  'updater.structure': 'kernel_slice',
  'updater.layers': ('logits/kernel=0',),
  'updater.layers_in_budget': True,
}
# Those that have a config; any other is named over that of RigL.
_CONFIGS = ('dense', 'static', 'set', 'rigl', 'gmp')


def runs(
  net: Net,
  rows: Iterable[Row],
  sparsities: tuple[float, ...],
  *,
  seeds: int = 3,
) -> tuple[Run, ...]:
  """The runs of a table, with the paper's numbers.

  Args:
    net: the model with its settings.
    rows: of the table.
    sparsities: its columns; the dense net has none, and nets of another width
      are a row for each that they are known of.
    seeds: of each; the papers have 3.
  """
  return tuple(
    run for row in rows for run in _runs(net, row, sparsities, seeds)
  )


def variant(
  net: Net,
  row: Row,
  name: str,
  own: Overrides,
  *,
  label: str,
  grid: Mapping[str, tuple[Any, ...]] | None = None,
  seeds: int = 3,
  paper: Mapping[str, Any] | None = None,
) -> Run:
  """A run of a row with settings, a name and numbers of its own.

  Args:
    net: the model with its settings.
    row: what it is but for `own`.
    name: of the run.
    own: fields.
    label: what the report calls it.
    grid: likewise of `spec.Run`.
    seeds: likewise.
    paper: likewise.
  """
  (run,) = runs(net, (row,), ())
  return Run(
    name,
    run.config,
    {**run.overrides, **own},
    grid=grid or {},
    seeds=seeds,
    label=label,
    paper=paper or {},
  )


def _runs(
  net: Net, row: Row, sparsities: tuple[float, ...], seeds: int
) -> Iterator[Run]:
  method = _METHODS.get(row.method, row.method)
  config = f'{net.configs}_{method if method in _CONFIGS else "rigl"}'
  printed = net.printed.get(row, {})
  shared = {**net.overrides, **_length(row), **_own(net, row)}
  widths = {'small_dense': net.small, 'big_sparse': net.big}.get(row.method)
  if widths is None:
    dense = method == 'dense'
    yield Run(
      row.name,
      config,
      shared,
      grid={} if dense else {SPARSITY: sparsities},
      seeds=seeds,
      label=row.label,
      paper=printed if dense else _within(printed, sparsities),
    )
    return
  for sparsity in filter(widths.__contains__, sparsities):
    percent = f'{100 * sparsity:g}'
    at = {} if method == 'dense' else {SPARSITY: sparsity}
    yield Run(
      f'{row.name}_{percent.replace(".", "_")}',
      config,
      {**shared, **at, **widths[sparsity]},
      seeds=seeds,
      label=f'{row.label}, {percent} %',
      paper=_at(printed, sparsity),
    )


def _length(row: Row) -> Overrides:
  return {} if row.times == 1 else {'multiplier': row.times}


def _own(net: Net, row: Row) -> dict[str, Any]:
  """What sets the method of a row apart."""
  method = _METHODS.get(row.method, row.method)
  if method == 'dense':
    return {}
  fields = dict(net.spreads[row.spread])
  if method not in _CONFIGS:
    fields['updater.name'] = method
  if method == 'gmp':
    fields |= net.pruned
  elif method == 'snip':
    fields |= net.at_start
  elif method != 'static':
    fields |= net.moving
  if method == 'snfs':
    fields |= net.snfs
  if row.method == 'structured':
    fields |= _STRUCTURED
  if row.method in ('lottery', 'lottery_rigl', 'reinit'):
    source = f'{{{net.source}_{row.spread}}}'
    fields |= {'init.masks': source, **net.started}
    if row.method != 'reinit':
      fields |= {'init.checkpoint': source, 'init.checkpoint_step': 0}
  return fields


def _at(printed: Mapping[str, Any], sparsity: float) -> dict[str, float]:
  """The numbers at one sparsity."""
  return {
    metric: given[sparsity]
    for metric, given in printed.items()
    if sparsity in given
  }


def _within(
  printed: Mapping[str, Any], sparsities: tuple[float, ...]
) -> dict[str, dict[float, float]]:
  """The numbers at those sparsities that the table has."""
  return {
    metric: {s: given[s] for s in sparsities if s in given}
    for metric, given in printed.items()
  }
