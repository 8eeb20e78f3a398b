"""The runs of the papers' tables, by their names.

A name is a method, a sparsity distribution (none for dense nets) and a length
of training: `rigl_erk_5x` is RigL with ERK, five times as long. A run is over
sparsities, or for nets of another width there is a run for each sparsity.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from jaxsparse.claims import Claim
from jaxsparse.studies.spec import Against, Figure, Run, Study

from ._nets import METRICS, SPARSITY, Net, Overrides

# Method -> its label, and the method of the config. Beyond the methods of
# `jaxsparse.updaters` there are dense nets of the size of sparse ones, and
# sparse ones of the size of dense ones; RigL on slices of convolutions (the
# classifier is dense, at the cost of other layers); masks and initial weights
# of another run, the masks fixed, or moved by RigL; and its masks, moved by
# RigL, with new weights.
_METHODS = {
  'dense': ('dense', 'dense'),
  'small_dense': ('small dense', 'dense'),
  'big_sparse': ('big sparse', 'rigl'),
  'static': ('Static', 'static'),
  'snip': ('SNIP', 'snip'),
  'set': ('SET', 'set'),
  'snfs': ('SNFS', 'snfs'),
  'dsr': ('DSR', 'dsr'),
  'rigl': ('RigL', 'rigl'),
  'structured': ('RigL on slices', 'rigl'),
  'rigl_sg': ('RigL-SG', 'rigl_sg'),
  'rigl_sm': ('RigL-SM', 'rigl_sm'),
  'gmp': ('pruning', 'gmp'),
  'lottery': ('lottery', 'static'),
  'lottery_rigl': ('lottery, then RigL', 'rigl'),
  'reinit': ('re-init', 'rigl'),
}
_SPREADS = {
  'uniform': 'uniform',
  'er': 'ER',
  'erk': 'ERK',
  'layers': 'by layer',
  'global': 'global',
}
_NAME = re.compile(
  rf'(?P<method>{"|".join(_METHODS)})(_(?P<spread>{"|".join(_SPREADS)}))?'
  r'(_(?P<times>[\d_]+)x)?'
)
_STRUCTURED: Overrides = {
  'updater.structure': 'kernel_slice',
  'updater.layers': ('logits/kernel=0',),
  'updater.layers_in_budget': True,
}
# Methods of the configs; any other overrides the method in that of RigL.
_CONFIGS = ('dense', 'static', 'set', 'rigl', 'gmp')


class _Row(NamedTuple):
  """The parts of a name."""

  method: str
  spread: str
  times: float


def _row(name: str) -> _Row:
  parts = _NAME.fullmatch(name)
  if parts is None:
    raise ValueError(f'{name!r} is no method, distribution and length')
  times = (parts['times'] or '1').replace('_', '.')
  return _Row(parts['method'], parts['spread'] or '', float(times))


def label(name: str) -> str:
  """Returns 'RigL 5x (ERK)' for 'rigl_erk_5x'."""
  method, spread, times = _row(name)
  longer = '' if times == 1 else f' {times:g}x'
  spread = f' ({_SPREADS[spread]})' if spread else ''
  return f'{_METHODS[method][0]}{longer}{spread}'


def runs(
  net: Net,
  names: Iterable[str],
  sparsities: tuple[float, ...],
  *,
  seeds: int = 3,
) -> tuple[Run, ...]:
  """Builds the runs of a table, with the paper's numbers.

  Args:
    net: the model with its settings.
    names: of the runs.
    sparsities: columns of the table; the dense net has none, and nets of
      another width have a run for each sparsity that their widths are known
      for.
    seeds: number of seeds of each; the papers have 3.
  """
  return tuple(
    dataclasses.replace(run, seeds=seeds)
    for name in names
    for run in _over(sparsities, _run(net, name), net)
  )


def table(
  net: Net,
  names: Iterable[str],
  sparsities: tuple[float, ...],
  *,
  title: str,
  source: str,
  claims: tuple[Claim, ...] = (),
  notes: str = '',
  figures: tuple[Figure, ...] = (Against(SPARSITY),),
) -> Study:
  """Builds the study of a table of methods by sparsity.

  Args:
    net: the model with its settings.
    names: of the runs.
    sparsities: columns of the table.
    title: as in `spec.Study`, like what follows.
    source: of the table.
    claims: about it.
    notes: printed below it.
    figures: in the report.
  """
  return Study(
    title,
    runs(net, names, sparsities),
    source,
    metrics=METRICS,
    across=SPARSITY,
    figures=figures,
    claims=claims,
    notes=notes,
  )


def variant(
  net: Net,
  base: str,
  name: str,
  own: Overrides,
  *,
  label: str,
  grid: Mapping[str, tuple[Any, ...]] | None = None,
  seeds: int = 3,
) -> Run:
  """Builds a run with further fields, and another name and numbers.

  Args:
    net: the model with its settings.
    base: name of the run that it varies.
    name: of the run.
    own: config fields that override those of the base.
    label: of the run in the report.
    grid: as in `spec.Run`.
    seeds: as in `spec.Run`.
  """
  run = _run(net, base)
  return dataclasses.replace(
    run,
    name=name,
    overrides={**run.overrides, **own},
    grid=grid or {},
    seeds=seeds,
    label=label,
    paper=net.printed.get(name, {}),
  )


def _run(net: Net, name: str) -> Run:
  """Builds the run of a name, without sparsities."""
  row = _row(name)
  method = _METHODS[row.method][1]
  length = {} if row.times == 1 else {'multiplier': row.times}
  return Run(
    name,
    f'{net.config}:{method if method in _CONFIGS else "rigl"}',
    {**net.overrides, **length, **_own(net, row, method)},
    label=label(name),
    paper=net.printed.get(name, {}),
  )


def _over(sparsities: tuple[float, ...], run: Run, net: Net) -> Iterator[Run]:
  """Builds a run over sparsities, or one for each known width."""
  method = _row(run.name).method
  widths = {'small_dense': net.small, 'big_sparse': net.big}.get(method, {})
  if method == 'dense':
    yield run
  elif not method.startswith(('small', 'big')):
    paper = {
      metric: {s: numbers[s] for s in sparsities if s in numbers}
      for metric, numbers in run.paper.items()
    }
    yield dataclasses.replace(run, grid={SPARSITY: sparsities}, paper=paper)
  for sparsity in filter(widths.__contains__, sparsities):
    percent = f'{100 * sparsity:g}'
    at = {} if method == 'small_dense' else {SPARSITY: sparsity}
    yield dataclasses.replace(
      run,
      name=f'{run.name}_{percent.replace(".", "_")}',
      overrides={**run.overrides, **at, **widths[sparsity]},
      label=f'{run.label}, {percent} %',
      paper={m: n[sparsity] for m, n in run.paper.items() if sparsity in n},
    )


def _own(net: Net, row: _Row, method: str) -> dict[str, Any]:
  """Returns the config fields of the method of a row."""
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
