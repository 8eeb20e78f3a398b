"""Runs a study: unfinished members, then analyses, then results."""

import contextlib
import functools
import logging
import os
import pathlib
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from jaxsparse import storage
from jaxsparse.errors import Interrupted, SaveFailed, TrainingFailed, saving
from jaxsparse.locks import lock
from jaxsparse.results import member_list, records
from jaxsparse.results.rows import MemberResult
from jaxsparse.runs import followers
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.progress import hushed
from jaxsparse.studies.planning import plan as plan_lib
from jaxsparse.studies.planning.members import RowMember
from jaxsparse.studies.planning.plan import StudyPlan
from jaxsparse.studies.planning.status import status
from jaxsparse.studies.results import Results, collected
from jaxsparse.studies.running import scheduler, worker
from jaxsparse.studies.running.analyse import Analysed, analyse
from jaxsparse.studies.running.progress import StudyProgress
from jaxsparse.studies.running.worker import Unfinished
from jaxsparse.studies.spec import Study
from jaxsparse.training.sharding import DEFAULT, Devices

_log = logging.getLogger(__name__)


class StudyInterrupted(Interrupted):
  """Raised when a study was interrupted; its members are saved."""

  def __init__(self, done: int, members: int):
    Exception.__init__(
      self, f'stopped and saved with {done} of {members} members done'
    )


def run(
  study: Study,
  workdir: str | os.PathLike[str],
  runs_dir: str | os.PathLike[str],
  *,
  name: str,
  command: str,
  parallel: str = 'auto',
  devices: Devices = DEFAULT,
  joins: bool = False,
  interrupted: Callable[[], bool] = lambda: False,
  at_once: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
) -> Results:
  """Trains the members that are not done, and analyses all.

  Args:
    study: what to run.
    workdir: of the study, for files that are not a member's; locked while the
      study runs.
    runs_dir: folder of the members' directories; several studies may use it.
    name: short name of the study.
    command: the command that runs it again.
    parallel: how members are trained: 'auto', 'one_by_one' or 'vmap'.
    devices: over which members are divided that are trained one by one.
    joins: whether it is one of several studies of this workdir, as a trial of
      a search is: its members are added to `study.json`, and the caller holds
      the lock.
    interrupted: polled; if true all members save and stop.
    at_once: returns a context in which an interrupt raises
      `KeyboardInterrupt`; used for the plan and the analyses, which save
      nothing.

  Returns:
    The results, which do not depend on the order in which members finished.

  Raises:
    NothingToRun: all configs are refused.
    ValueError: the study is malformed, or the records of a member cannot be
      read.
    WorkdirBusy: another process holds `workdir`. A process that holds a member
      raises nothing: the study waits for it.
    Interrupted: stopped by `interrupted`, and saved.
    SaveFailed: something could not be written.
  """
  root = storage.absolute(workdir)
  check_workdir(root)
  with at_once():
    plan = plan_lib.plan(study, runs_dir, parallel, devices=devices)
  plan_lib.check_plan(plan)
  locked = contextlib.nullcontext() if joins else lock(root)
  with locked, hushed(), saving(root):
    member_list.write(root, plan.runs_dir, plan.expanded.members, joins=joins)
    unfinished = _train(plan, name, devices, interrupted)
    try:
      with at_once():
        analysed = analyse(plan, root, interrupted)
    except KeyboardInterrupt:
      if not interrupted():
        raise
    if interrupted():
      raise _stopped(plan) from None
  cells = plan.expanded.cells
  members = tuple(_result(plan, cell, unfinished, analysed) for cell in cells)
  return Results(
    study,
    name,
    members,
    command,
    collected(members),
    analysed.pooled,
    tuple(analysed.drawings),
  ).judged()


def check_workdir(root: pathlib.Path) -> None:
  """Raises `ValueError` if `root` is the workdir of a run."""
  if workdir_lib.begun(root):
    raise ValueError(f'{root} is the workdir of a run; choose another one')


def check_any(results: Results) -> None:
  """Checks that at least one member of a study is done.

  Raises:
    TrainingFailed: none is, and some failed.
    SaveFailed: none is, and some could not be trained for reasons of the
      machine, such as a file.
    ValueError: none is, as every member was refused.
  """
  if any(member.kind == 'done' for member in results.members):
    return
  first = {member.kind: member for member in reversed(results.members)}
  for kind, error, text in (
    ('failed', TrainingFailed, 'every member failed; the first'),
    ('blocked', SaveFailed, 'no member could be trained; the first'),
    ('refused', ValueError, 'no member can be run'),
  ):
    if kind in first:
      raise error(f'{text}: {first[kind].error}')


def _train(
  plan: StudyPlan,
  name: str,
  devices: Devices,
  interrupted: Callable[[], bool],
) -> Mapping[str, Unfinished]:
  """Trains the remaining members; returns why some are not done, by member."""
  for line in plan_lib.executions(plan) if plan.left else []:
    _log.info('%s: trained %s', name, line)
  stop = threading.Event()
  members = plan.expanded.members
  steps = {
    name: range(member.experiment.plan.begin, member.experiment.plan.num_steps)
    for name, member in members.items()
  }
  progress = StudyProgress(name, steps, plan.statuses)

  def stopping() -> bool:
    return stop.is_set() or interrupted() or trainer.interrupted

  train = functools.partial(followers.train, devices)
  trainer = worker.Worker(plan, progress, stopping, train)
  try:
    scheduler.execute(
      worker.tasks(plan),
      trainer,
      threads=plan_lib.width(plan),
      stopping=stopping,
      stop=stop.set,
      tick=progress.tick,
    )
  finally:
    progress.close()
  if interrupted() or trainer.interrupted:
    raise _stopped(plan)
  return trainer.unfinished


def _stopped(plan: StudyPlan) -> StudyInterrupted:
  names = plan.expanded.members
  done = sum(status(plan.runs_dir / n, 0).kind == 'done' for n in names)
  return StudyInterrupted(done, len(names))


def _result(
  plan: StudyPlan,
  cell: RowMember,
  unfinished: Mapping[str, Unfinished],
  analysed: Analysed,
) -> MemberResult:
  row, seed = cell.row, cell.seed
  if cell.error:
    return MemberResult(row, seed, None, None, cell.error, kind='refused')
  root = plan.runs_dir / cell.member
  member_status = status(root, 0)
  if member_status.kind == 'broken':
    error = member_status.error
    return MemberResult(row, seed, None, None, error, kind='blocked')
  summary = workdir_lib.finished(root)
  if summary is None:
    failed = Unfinished('failed', member_status.error)
    kind, error = unfinished.get(cell.member, failed)
    begun = root if workdir_lib.begun(root) else None
    return MemberResult(row, seed, begun, None, error, kind=kind)
  numbers = analysed.numbers.get(cell, {})
  notes = analysed.notes.get(cell, [])
  execution = summary.get('execution', {})
  if execution.get('how') == 'vmap':
    width = execution['width']
    notes = [f'trained by vmap, {width} members together', *notes]
  metrics = root / workdir_lib.METRICS
  recorded = records.numbers(metrics, plan.study.metric_names())
  numbers = summary | recorded | numbers
  return MemberResult(row, seed, root, numbers, note='; '.join(notes))
