"""Flags of the rounds of a lottery, for the programs that find tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from absl import flags

if TYPE_CHECKING:
  from jaxsparse.studies.lottery import Rounds

SEEDS = flags.DEFINE_integer('seeds', 3, 'Number of seeds of each arm.')
_RATE = flags.DEFINE_float(
  'rate', 0.2, 'Fraction of what is left that a level prunes.'
)
_SCOPE = flags.DEFINE_enum(
  'scope', 'global', ('global', 'layer'), 'Weights that are ranked together.'
)
_LAYERS = flags.DEFINE_list('layers', [], "Rates of layers: 'PATTERN=RATE'.")
_CRITERION = flags.DEFINE_string(
  'criterion', 'magnitude', 'Of jaxsparse.core.criteria, or a dotted path.'
)
_REWIND = flags.DEFINE_string(
  'rewind', '0', 'Step, or epoch as 2ep, that tickets return to.'
)
_RETRAIN = flags.DEFINE_string(
  'retrain',
  None,
  'Step, or epoch, from which weights that stay are trained on; by default'
  ' that of --rewind.',
)
_FINETUNE_RATE = flags.DEFINE_float(
  'finetune_rate', 0.0, 'Of the arm finetune; 0: the last of the schedule.'
)
_OPTIMIZER = flags.DEFINE_enum(
  'optimizer',
  'reset',
  ('reset', 'restore'),
  "The optimiser's state at the step that tickets return to.",
)
_CHILDREN = flags.DEFINE_integer(
  'children', 0, 'Nets a level whose mean is pruned; 0: no such arm.'
)


def rounds(levels: int | tuple[int, ...] = 1) -> Rounds:
  """Returns the rounds that the flags describe.

  Args:
    levels: as of `Rounds`.
  """
  from jaxsparse.studies.lottery import Rounds

  return Rounds(
    levels=levels,
    rate=_RATE.value,
    scope=_SCOPE.value,
    layers=tuple(_LAYERS.value),
    criterion=_CRITERION.value,
    rewind=_REWIND.value,
    retrain=_RETRAIN.value,
    finetune_rate=_FINETUNE_RATE.value,
    optimizer=_OPTIMIZER.value,
    children=_CHILDREN.value,
  )
