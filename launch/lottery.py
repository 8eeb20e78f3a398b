r"""Finds lottery tickets by iterative pruning, and trains arms to judge them.

  python -m launch.lottery --config=lottery/lenet_300_100 --workdir=DIR \
    [--levels=15] [--seeds=3] [--arms=reinit,shuffle] [--rate=0.2] \
    [--scope=global] [--layers='Dense_2/kernel=0.1'] [--rewind=500] \
    [--config.num_steps=700 ...] [--plan] [--dry_run] [--runs_dir=DIR/runs]

A level prunes a fraction of the weights that are left, and returns the others
to what they were at the step `--rewind` (or epoch, as 2ep). Each level of each
arm and seed is a run in a workdir of its own. The same command goes on with
what was killed; with more levels, seeds or arms it trains those alone. With
`--distributed` it runs on each of several hosts. Ends by naming the report,
`DIR/report/report.html`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from absl import flags
from ml_collections import config_flags

from jaxsparse.cli import command, lottery_command, study_command

if TYPE_CHECKING:
  from jaxsparse.studies.spec import Study

_CONFIG = command.config_flag()
_LEVELS = flags.DEFINE_list(
  'levels', ['15'], 'Their number, or the levels that are trained.'
)
_ARMS = flags.DEFINE_list(
  'arms',
  ['reinit', 'shuffle'],
  'Arms besides tickets: names of jaxsparse.studies.lottery.ARMS, large_batch,'
  ' warm_up, small_dense.',
)
flags.adopt_module_key_flags(study_command)
flags.adopt_module_key_flags(lottery_command)


def _study() -> Study:
  """Returns the study that the flags describe."""
  from jaxsparse.studies import sweeps
  from jaxsparse.studies.lottery import lottery

  config = command.required(_CONFIG)
  path = config_flags.get_config_filename(flags.FLAGS['config'])
  return lottery(
    sweeps.short_name(path),
    sweeps.overrides(path, config),
    rounds=lottery_command.rounds(_levels()),
    arms=_ARMS.value,
    seeds=lottery_command.SEEDS.value,
  )


def _levels() -> int | tuple[int, ...]:
  """Returns the number of levels, or those that are trained."""
  texts = _LEVELS.value
  if not texts or not all(text.isdecimal() for text in texts):
    raise ValueError(
      f'--levels: got {",".join(texts)!r}; accepted is a number, or ascending'
      ' levels from 1, as 5,10,15'
    )
  first, *further = map(int, texts)
  return (first, *further) if further else first


@study_command.DEVICES.led
def main() -> None:
  """Runs the lottery and writes its report, or prints what would run."""
  study_command.finish(_study(), 'lottery', print)


def run() -> None:
  """Runs the program `jaxsparse-lottery`."""
  command.run(main)


if __name__ == '__main__':
  run()
