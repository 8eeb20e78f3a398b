r"""Runs a study: many runs, and the table, figures and claims they are for.

  python -m launch.study --config=configs/studies/digits/init_and_updates.py \
    --workdir=DIR [--plan] [--dry_run] [--runs_dir=DIR/runs] [--parallel=vmap] \
    [--seeds=2] [--override num_steps=100] \
    [--override RUN:optimizer.learning_rate=0.1 ...]

The same command goes on with a study that was killed; finished members are
not repeated, and studies that share a `--runs_dir` share them. With `--plan`
nothing is started or written: it prints what would run. `--dry_run` compiles
each row and takes two optimiser steps and a mask step on a few made-up
examples. For neither need the data be there. With `--distributed` the command
runs on each of several hosts, which train each run together. Ends by naming the
report, `DIR/report/report.html`.
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from jaxsparse.cli import command, study_command
from jaxsparse.config import literals
from jaxsparse.core import choices
from jaxsparse.studies import config_files

if TYPE_CHECKING:
  from jaxsparse.studies.spec import Study

_CONFIG = flags.DEFINE_string(
  'config', None, 'A study file, or the name of one that is installed.'
)
_SEEDS = flags.DEFINE_integer(
  'seeds', None, 'So many seeds of each run, in place of what the study says.'
)
_OVERRIDE = flags.DEFINE_multi_string(
  'override',
  [],
  'field=value, for every run, or RUN:field=value, for one; may be given'
  ' several times.',
)
flags.adopt_module_key_flags(study_command)


def _study() -> Study:
  """Returns the study with the changes of the command line."""
  from jaxsparse.config.overrides import merged

  study = config_files.load_study(command.required(_CONFIG))
  overrides = _changes([run.name for run in study.runs])
  runs = [
    dataclasses.replace(
      run,
      overrides=functools.reduce(
        merged, (run.overrides, overrides[''], overrides[run.name])
      ),
      seeds=run.seeds if _SEEDS.value is None else _SEEDS.value,
    )
    for run in study.runs
  ]
  return dataclasses.replace(study, runs=tuple(runs))


def _changes(runs: Sequence[str]) -> dict[str, dict[str, Any]]:
  """Returns the changes of each run, and under '' those of all runs."""
  overrides: dict[str, dict[str, Any]] = {name: {} for name in ('', *runs)}
  for text in _OVERRIDE.value:
    place, equals, value = text.partition('=')
    run, colon, field = place.rpartition(':')
    if not equals or not field or (colon and not run):
      raise ValueError(
        f'--override: got {text!r}; accepted are field=value and'
        ' RUN:field=value'
      )
    if run not in overrides:
      raise ValueError(
        f'--override: got {text!r}; {run!r} is no run of the study.'
        f'{choices.nearest(run, runs)}'
      )
    overrides[run][field] = literals.literal(value)
  return overrides


def _name() -> str:
  """Returns the path within the studies, as 'digits_init_and_updates'."""
  spec, _, _ = command.required(_CONFIG).partition(':')
  path = pathlib.PurePath(spec).with_suffix('')
  _, studies, inner = path.as_posix().rpartition('/studies/')
  return inner.replace('/', '_') if studies else path.name


@study_command.DEVICES.led
def main() -> None:
  """Runs the study and writes its report, or prints what would run."""
  study_command.finish(_study(), _name(), print)


def run() -> None:
  """Runs the program `jaxsparse-study`."""
  command.run(main, config_files.load_study)


if __name__ == '__main__':
  run()
