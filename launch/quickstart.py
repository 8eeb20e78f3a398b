"""The main job: what masks that move are worth, on real data, in a minute.

  python -m launch.quickstart [--workdir=DIR] [--steps=N] [--seeds=N] [--plan]

Runs the study `configs/studies/digits/init_and_updates.py`: a 64-300-100-10
net on digits, dense, and at 98 % sparsity (ERK) with a fixed random mask, SET
and RigL, each of these from the masked dense initialisation and from the
sparse one. Prints a table, and where the report is. The same command goes on
with a job that was killed, and prints the results of a finished one.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from absl import flags

from jaxsparse.cli import command, study_command
from jaxsparse.studies import config_files

if TYPE_CHECKING:
  from jaxsparse.studies.spec import Study

_STEPS = flags.DEFINE_integer('steps', 1500, 'Steps of each run.')
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Seeds of each run.')
flags.adopt_module_key_flags(study_command)
flags.set_default(study_command.WORKDIR, 'results/quickstart')


def _study() -> Study:
  study = config_files.load_study('studies/digits/init_and_updates')
  runs = (
    dataclasses.replace(
      run,
      overrides={**run.overrides, 'num_steps': _STEPS.value},
      seeds=_SEEDS.value,
    )
    for run in study.runs
  )
  return dataclasses.replace(study, runs=tuple(runs))


@study_command.DEVICES.led
def main() -> None:
  """Runs what is not finished, then prints the table and names the report."""
  for flag in (_STEPS, _SEEDS):
    if flag.value < 1:
      raise ValueError(f'--{flag.name}: got {flag.value}; accepted is >= 1')
  study_command.finish(_study(), 'quickstart', print)


def run() -> None:
  """Runs the program `jaxsparse-quickstart`."""
  command.run(main)


if __name__ == '__main__':
  run()
