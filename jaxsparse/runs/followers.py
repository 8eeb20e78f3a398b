"""Runs that several processes train together, as the first one decides.

The first process, the leader, runs a program such as a study by itself: it
plans, reads statuses, makes analyses and writes the report. The others are its
followers: they wait for its messages, and take part in the training of the runs
that a message names.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any

import jax

from jaxsparse.config import identity
from jaxsparse.errors import Interrupted, TrainingFailed, WorkdirBusy
from jaxsparse.runs.build import Experiment, build
from jaxsparse.runs.progress import Report, hushed
from jaxsparse.runs.summary import Summary
from jaxsparse.runs.train import train_built, train_together
from jaxsparse.training import peers, processes
from jaxsparse.training.sharding import Devices

_log = logging.getLogger(__name__)

# Experiments and their workdirs.
Runs = Sequence[tuple[Experiment, str | os.PathLike[str]]]


def train(
  devices: Devices,
  runs: Runs,
  how: str,
  report: Report,
  interrupted: Callable[[], bool],
) -> Sequence[Summary | Exception]:
  """Trains runs; in all processes, if there are several.

  Args:
    devices: over which a run is divided that is trained by itself.
    runs: one, or with 'vmap' several of one family.
    how: 'one_by_one' or 'vmap'.
    report: as for `train_built`.
    interrupted: likewise.

  Returns:
    For each run its summary, or the error that prevented it: `ValueError` (bad
    input), `WorkdirBusy`, `TrainingFailed`.

  Raises:
    Interrupted: stopped by `interrupted` in any process, and saved.
    SaveFailed: a checkpoint could not be written.
  """
  if jax.process_count() == 1:
    return _train(devices, runs, how, report, interrupted)
  named = [(identity.jsonable(one.config), str(root)) for one, root in runs]
  peers.send({'runs': named, 'how': how})
  with processes.acting(alone=False):
    return _together(devices, named, how, report, interrupted)


def follow(devices: Devices, interrupted: Callable[[], bool]) -> int:
  """Trains what the leader names, until its program ends.

  Args:
    devices: as for `train`.
    interrupted: likewise.

  Returns:
    The exit code of the leader.
  """
  stopping = False
  with hushed():
    while 'code' not in (message := peers.receive(timeout=1.0) or {}):
      if message:
        runs, how = message['runs'], message['how']
        with contextlib.suppress(Interrupted):
          results = _together(devices, runs, how, None, interrupted)
          _log_errors(runs, results)
      elif interrupted() and not stopping:
        stopping = True
        peers.send(peers.STOP)
  return message['code']


def _log_errors(
  named: Sequence[tuple[Any, str]], results: Sequence[Summary | Exception]
) -> None:
  """Logs errors, of which those of the leader are in its report."""
  for (_, root), result in zip(named, results, strict=True):
    if isinstance(result, Exception):
      _log.warning('%s: %s', root, result)


def _together(
  devices: Devices,
  named: Sequence[tuple[Any, str]],
  how: str,
  report: Report | None,
  interrupted: Callable[[], bool],
) -> Sequence[Summary | Exception]:
  """Builds runs from the same configs in all processes, and trains them."""
  with (
    processes.ending_together(),
    processes.watched(interrupted) as agreed,
  ):
    try:
      runs = processes.in_all(
        lambda: [(build(config), root) for config, root in named]
      )
    except ValueError as error:
      return [error] * len(named)
    return _train(devices, runs, how, report, agreed)


def _train(
  devices: Devices,
  runs: Runs,
  how: str,
  report: Report | None,
  interrupted: Callable[[], bool],
) -> Sequence[Summary | Exception]:
  try:
    if how == 'vmap':
      return train_together(runs, report=report, interrupted=interrupted)
    ((experiment, root),) = runs
    summary = train_built(
      experiment,
      root,
      plots=False,  # Drawing is for the main thread alone.
      report=report,
      interrupted=interrupted,
      devices=devices,
    )
  except (ValueError, WorkdirBusy, TrainingFailed) as error:
    return [error] * len(runs)
  return [summary]
