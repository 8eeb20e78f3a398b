"""Rows of the papers' tables, and nets with the settings that rows share.

A row is a method, where its weights lie, and how long it is trained, and is
named by all three (`rigl_erk_5x`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Overrides = Mapping[str, Any]

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
