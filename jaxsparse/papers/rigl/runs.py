"""From rows of the papers' tables to the runs of a study.

A row is a run over sparsities, or of nets of another width one a sparsity. What
its config does not say is in the `Net`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jaxsparse.papers.rigl.rows import Net, Overrides, Row
from jaxsparse.studies.spec import Run

SPARSITY = 'updater.sparsity'
METRICS = ('test_accuracy', 'inference_flops', 'training_flops')

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
