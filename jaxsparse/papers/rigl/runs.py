"""Builds the runs of a study from rows of the papers' tables.

A row is one run over sparsities, or for nets of another width a run per
sparsity. Settings that are not in its config are in the `Net`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jaxsparse.papers.rigl.rows import Net, Overrides, Row
from jaxsparse.studies.spec import Run

SPARSITY = 'updater.sparsity'
METRICS = ('test_accuracy', 'inference_flops', 'training_flops')

# The method of rows whose name is not a method's.
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
# Methods with a config; any other overrides the method in that of RigL.
_CONFIGS = ('dense', 'static', 'set', 'rigl', 'gmp')


def runs(
  net: Net,
  rows: Iterable[Row],
  sparsities: tuple[float, ...],
  *,
  seeds: int = 3,
) -> tuple[Run, ...]:
  """Builds the runs of a table, with the paper's numbers.

  Args:
    net: the model with its settings.
    rows: of the table.
    sparsities: its columns; the dense net has none, and nets of another width
      have a run for each sparsity that their widths are known for.
    seeds: number of seeds of each; the papers have 3.
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
  """Builds a run of a row with further fields, and another name and numbers.

  Args:
    net: the model with its settings.
    row: the row that it varies.
    name: of the run.
    own: config fields that override those of the row.
    label: of the run in the report.
    grid: as in `spec.Run`.
    seeds: as in `spec.Run`.
    paper: as in `spec.Run`.
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
  config = f'{net.configs}:{method if method in _CONFIGS else "rigl"}'
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
  """Returns the config fields of the method of a row."""
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
  """Returns the printed numbers at one sparsity."""
  return {
    metric: numbers[sparsity]
    for metric, numbers in printed.items()
    if sparsity in numbers
  }


def _within(
  printed: Mapping[str, Any], sparsities: tuple[float, ...]
) -> dict[str, dict[float, float]]:
  """Returns the printed numbers at those sparsities that the table has."""
  return {
    metric: {s: numbers[s] for s in sparsities if s in numbers}
    for metric, numbers in printed.items()
  }
