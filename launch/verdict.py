r"""Judges lottery tickets: a jackpot, a secondary prize, or none.

  python -m launch.verdict --config=lottery/lenet_300_100 --workdir=DIR \
    --level=8 --rates=0.0003,0.0012,0.005 [--seeds=3] [--one_shot] \
    [--rate=0.2] [--scope=global] [--layers=...] [--rewind=500] \
    [--config.num_steps=700 ...] [--plan] [--dry_run] [--runs_dir=DIR/runs]

Finds tickets at the learning rate of the config, trains them, their masks with
other weights, dense and small dense nets at each of the rates, and judges by
the conditions of Ma et al. 2021. Ends with the condition that failed and by how
much; each ticket's workdir has it in `verdict.json`, which `launch.tickets
list` shows. With `--distributed` the command runs on each of several hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from absl import flags
from ml_collections import config_flags

from jaxsparse.cli import command, lottery_command, study_command

if TYPE_CHECKING:
  from jaxsparse.studies.spec import Study

_CONFIG = command.config_flag()
_LEVEL = flags.DEFINE_integer('level', None, 'Level of the tickets to judge.')
_RATES = flags.DEFINE_list(
  'rates',
  [],
  'Learning rates; by default a third, one and three times the own.',
)
_ONE_SHOT = flags.DEFINE_bool(
  'one_shot', False, 'Judge tickets that are cut from the dense net at once.'
)
flags.adopt_module_key_flags(study_command)
flags.adopt_module_key_flags(lottery_command)


def _study() -> Study:
  """Returns the sweep that the verdict needs."""
  from jaxsparse.studies import sweeps
  from jaxsparse.studies.lottery import judging

  config = command.required(_CONFIG)
  path = config_flags.get_config_filename(flags.FLAGS['config'])
  rate = config.optimizer.learning_rate
  return judging.study(
    sweeps.short_name(path),
    sweeps.overrides(path, config),
    level=command.required(_LEVEL),
    rates=[float(text) for text in _RATES.value] or [rate / 3, rate, rate * 3],
    rounds=lottery_command.rounds(),
    one_shot=_ONE_SHOT.value,
    seeds=lottery_command.SEEDS.value,
  )


@study_command.DEVICES.led
def main() -> None:
  """Runs the sweep and prints the verdict, or what would run."""
  from jaxsparse.studies.lottery import judging
  from jaxsparse.tickets import verdict_table

  results = study_command.finish(_study(), 'verdict', print)
  if results is not None:
    print(verdict_table.text(judging.verdict(results)))


def run() -> None:
  """Runs the program `jaxsparse-verdict`."""
  command.run(main)


if __name__ == '__main__':
  run()
