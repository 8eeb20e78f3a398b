"""The main job: what masks that move are worth, on real data, in a minute.

  python -m launch.quickstart [--workdir=DIR] [--steps=N] [--replicates=N]

Runs the study `configs/studies/digits/init_and_updates.py`: a 64-300-100-10
net on digits, dense, and at 98 % sparsity (ERK) with a fixed random mask, SET
and RigL, each of these from the masked dense initialisation and from the
sparse one. Prints a table, and where the report is. The same command goes on
with a job that was killed, and prints the results of a finished one.
"""

import dataclasses

from absl import flags

from jaxsparse.experiments import command, config_files, workdir
from jaxsparse.experiments.studies import report, tables
from jaxsparse.experiments.studies.run import check_any
from jaxsparse.experiments.studies.run import run as run_study
from jaxsparse.experiments.studies.spec import Study

_WORKDIR = flags.DEFINE_string(
  'workdir', 'results/quickstart', 'Where runs and report are kept.'
)
_STEPS = flags.DEFINE_integer('steps', 1500, 'Steps of each run.')
_REPLICATES = flags.DEFINE_integer('replicates', 5, 'Seeds of each run.')


def _study() -> Study:
  study = config_files.load_study('studies/digits/init_and_updates')
  runs = (
    dataclasses.replace(
      run,
      overrides={**run.overrides, 'num_steps': _STEPS.value},
      seeds=_REPLICATES.value,
    )
    for run in study.runs
  )
  return dataclasses.replace(study, runs=tuple(runs))


def main() -> None:
  """Runs what is not finished, then prints the table and names the report."""
  for flag in (_STEPS, _REPLICATES):
    if flag.value < 1:
      raise ValueError(f'--{flag.name}: got {flag.value}; accepted is >= 1')
  root = workdir.local(command.required(_WORKDIR))
  results = run_study(
    _study(),
    root,
    root / 'runs',
    name='quickstart',
    command=command.typed(),
    interrupted=command.interrupted,
  )
  print(tables.text(results))
  path = report.write(results, root / 'report')
  print(f'Report: {path}')
  check_any(results)


def run() -> None:
  """The entry point of `jaxsparse-quickstart`."""
  command.run(main)


if __name__ == '__main__':
  run()
