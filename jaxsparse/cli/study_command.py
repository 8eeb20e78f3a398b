"""Common parts of the programs that run studies: flags, and their end.

`launch.study`, `launch.sweep` and `launch.quickstart` differ in how they obtain
a study. A full disk, or one that fails, is a one-line error.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from absl import flags

from jaxsparse import storage
from jaxsparse.cli import command
from jaxsparse.cli.devices import DeviceFlags
from jaxsparse.errors import saving
from jaxsparse.runs.parallel import PARALLEL as _PARALLEL

if TYPE_CHECKING:
  from jaxsparse.studies.results import Results
  from jaxsparse.studies.spec import Study

WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Where runs and report are kept.'
)
RUNS_DIR = flags.DEFINE_string(
  'runs_dir', None, 'Where its members are kept; WORKDIR/runs by default.'
)
PLAN = flags.DEFINE_bool('plan', False, 'Print what would run; run nothing.')
DRY_RUN = flags.DEFINE_bool(
  'dry_run',
  False,
  'Take a few steps of each row on made-up data; write nothing.',
)
PARALLEL = flags.DEFINE_enum(
  'parallel',
  'auto',
  _PARALLEL,
  'How members are trained: one after the other with the bits of a run alone,'
  ' or together by vmap; auto chooses by backend.',
)
DEVICES = DeviceFlags()


def finish(
  study: Study, name: str, show: Callable[[str], object]
) -> Results | None:
  """Runs a study, prints its table and names its report; or only tries it.

  With `--plan` its plan is printed, with `--dry_run` each row is tried; for
  both, the data may be absent.

  Args:
    study: what to run.
    name: its short name.
    show: prints a text for the user.

  Returns:
    The results; `None` if it was only planned or tried.

  Raises:
    ValueError: bad input.
    WorkdirBusy: another process runs in the workdir.
    Interrupted: stopped, and saved.
    SaveFailed: something could not be written, or no member could be trained
      for reasons of the machine.
    TrainingFailed: no member has a result.
  """
  if PLAN.value:
    _plan(study, show)
  if DRY_RUN.value:
    _dry_run(study, show)
  if PLAN.value or DRY_RUN.value:
    return None
  from jaxsparse.report import report, tables
  from jaxsparse.studies.running.run import check_any

  results = run(study, name)
  show(tables.text(results))
  with saving(folder()):
    path = report.write(results, folder())
  show(f'Report: {path}')
  check_any(results)
  return results


def _plan(study: Study, show: Callable[[str], object]) -> None:
  from jaxsparse.runs import reading
  from jaxsparse.studies.planning import plan, plan_text

  with command.at_once():
    planned = plan.plan(
      *(study, _runs_dir(), _parallel(), reading.describe, DEVICES.devices())
    )
    show(plan_text.text(planned))
  plan.check_plan(planned)


def _dry_run(study: Study, show: Callable[[str], object]) -> None:
  from jaxsparse.studies.running import dry_run

  with command.at_once():
    _parallel()
    results = dry_run.take(study, _runs_dir(), DEVICES.devices())
    show(dry_run.text(study, results))
  dry_run.check(study, results)


def run(study: Study, name: str, *, joins: bool = False) -> Results:
  """Runs a study by the flags.

  Arguments and errors are as for `finish`; with `joins` it is one of several
  studies in the workdir.
  """
  from jaxsparse.studies.running.run import run as run_study

  return run_study(
    study,
    command.required(WORKDIR),
    _runs_dir(),
    name=name,
    command=command.typed(),
    parallel=_parallel(),
    devices=DEVICES.devices(),
    joins=joins,
    interrupted=command.interrupted,
    at_once=command.at_once,
  )


def folder() -> pathlib.Path:
  """Returns the folder of the report."""
  return storage.absolute(command.required(WORKDIR)) / 'report'


def _parallel() -> str:
  """Returns how members are trained: one by one where each is divided."""
  from jaxsparse.training.sharding import DEFAULT, check

  devices = DEVICES.devices()
  if devices == DEFAULT:
    return str(PARALLEL.value)
  if PARALLEL.value == 'vmap':
    raise ValueError(
      '--parallel=vmap: runs that are trained together are spread over all'
      ' devices; accepted without it are --data_parallel, --model_parallel and'
      ' --shard_params'
    )
  check(devices, batch_size=0)  # Which any number of devices divides.
  return 'one_by_one'


def _runs_dir() -> str:
  if RUNS_DIR.value:
    return str(RUNS_DIR.value)
  if WORKDIR.value is None and (PLAN.value or DRY_RUN.value):
    return 'WORKDIR/runs'  # Nothing is read or written there.
  return f'{command.required(WORKDIR)}/runs'
