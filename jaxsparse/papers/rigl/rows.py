"""Rows of the papers' tables, and nets with the settings of their rows.

A row is a method, a sparsity distribution and a length of training, and its
name has all three (`rigl_erk_5x`).
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
      (of RigL), `structured` (RigL on slices of convolutions; the classifier is
      dense, at the cost of other layers), `lottery` (masks and initial weights
      of another run, masks fixed), `lottery_rigl` (the same, masks moved by
      RigL) or `reinit` (the masks of another run, moved by RigL, and new
      weights).
    spread: a key of `Net.spreads`; '' for dense nets.
    times: multiplier of the length of the run.
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
    configs: prefix of the base configs' names: that of a method is
      `<configs>_<method>`.
    spreads: name of a sparsity distribution -> its config fields.
    printed: row -> metric -> the numbers of the paper by sparsity (one number
      for the dense net), in display units.
    overrides: config fields of every run.
    moving: config fields of methods that move masks.
    at_start: config fields of SNIP, which reads gradients at step 0.
    snfs: config fields of SNFS, besides `moving`.
    pruned: config fields of gradual pruning.
    small: sparsity -> config fields of the dense net of that size.
    big: sparsity -> config fields of the net that at this sparsity has the size
      of the dense one.
    source: the row, without its spread, whose final masks `lottery`,
      `lottery_rigl` and `reinit` have.
    started: config fields of these three rows.
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
