r"""Finds lottery tickets by iterative pruning, and trains arms to judge them.

  python -m launch.lottery --config=lottery/lenet_300_100 --workdir=DIR \
    [--levels=15] [--seeds=3] [--arms=reinit,shuffle] [--rate=0.2] \
    [--scope=global] [--layers='Dense_2/kernel=0.1'] [--rewind=500] \
    [--config.num_steps=700 ...] [--plan] [--dry_run] [--runs_dir=DIR/runs]

A level prunes a fraction of the weights that are left, and returns the others
to what they were at the step `--rewind` (or epoch, as 2ep). Each level of each
arm and seed is a run in a workdir of its own. The same command goes on with
what was killed; with more levels, seeds or arms it trains those alone. Ends by
naming the report, `DIR/report/report.html`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from absl import flags
from ml_collections import config_flags

from jaxsparse.cli import command, study_command

if TYPE_CHECKING:
  from jaxsparse.studies.spec import Study

_CONFIG = command.config_flag()
_LEVELS = flags.DEFINE_list(
  'levels', ['15'], 'Their number, or the levels that are trained.'
)
_SEEDS = flags.DEFINE_integer('seeds', 3, 'Number of seeds of each arm.')
_ARMS = flags.DEFINE_list(
  'arms',
  ['reinit', 'shuffle'],
  'Arms besides tickets: names of jaxsparse.studies.lottery.ARMS, large_batch,'
  ' warm_up, small_dense.',
)
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
flags.adopt_module_key_flags(study_command)


def _study() -> Study:
  """Returns the study that the flags describe."""
  from jaxsparse.studies import sweeps
  from jaxsparse.studies.lottery import Rounds, lottery

  config = command.required(_CONFIG)
  path = config_flags.get_config_filename(flags.FLAGS['config'])
  number, *levels = map(int, _LEVELS.value)
  rounds = Rounds(
    levels=(number, *levels) if levels else number,
    rate=_RATE.value,
    scope=_SCOPE.value,
    layers=tuple(_LAYERS.value),
    criterion=_CRITERION.value,
    rewind=_steps(_REWIND.value),
    retrain=None if _RETRAIN.value is None else _steps(_RETRAIN.value),
    finetune_rate=_FINETUNE_RATE.value,
    optimizer=_OPTIMIZER.value,
    children=_CHILDREN.value,
  )
  return lottery(
    sweeps.short_name(path),
    sweeps.overrides(path, config),
    rounds=rounds,
    arms=_ARMS.value,
    seeds=_SEEDS.value,
  )


def _steps(text: str) -> int | str:
  return int(text) if text.isdecimal() else text


def main() -> None:
  """Runs the lottery and writes its report, or prints what would run."""
  study_command.finish(_study(), 'lottery', print)


def run() -> None:
  """Runs the program `jaxsparse-lottery`."""
  command.run(main)


if __name__ == '__main__':
  run()
