"""Training of a study's members as tasks, and the outcome of each."""

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from jaxsparse.errors import Interrupted, TrainingFailed, WorkdirBusy
from jaxsparse.locks import holder
from jaxsparse.results.rows import Kind
from jaxsparse.studies.planning.members import StudyMember
from jaxsparse.studies.planning.plan import (
  StudyPlan,
  alone,
  family,
  form_groups,
)
from jaxsparse.studies.planning.status import Status, status, write_failure
from jaxsparse.studies.running.progress import StudyProgress
from jaxsparse.studies.running.scheduler import ScheduledTask


def tasks(plan: StudyPlan) -> list[ScheduledTask]:
  """Returns the remaining tasks: one per member, or per group under vmap.

  The name of a task is the tuple of its members' names. Tasks of a family are
  adjacent.
  """
  task_of: dict[str, tuple[str, ...]] = {}  # Member -> name of its task.
  for group in form_groups(plan.left, plan.statuses, plan.executors):
    task_of.update(dict.fromkeys(group.names, group.names))
  order = {family(m): None for m in plan.left}
  rank = {family: i for i, family in enumerate(order)}
  members = plan.expanded.members
  result = []
  for names in dict.fromkeys(task_of.values()):
    needed = {
      task_of[n] for m in names for n in members[m].after if n in task_of
    }
    first = members[names[0]]
    result.append(
      ScheduledTask(names, family(first), frozenset(needed), alone(first))
    )
  return sorted(result, key=lambda task: rank[task.family])


class Unfinished(NamedTuple):
  """Why a member is not done: the kind of failure, and the error."""

  kind: Kind
  error: str


class Worker:
  """Trains the members of a task; called in threads.

  A member that another process holds is retried until it is free: by then it
  is done, or is resumed here.

  Args:
    plan: of the study.
    progress: of members, to be updated.
    stopping: returns whether members are to save and stop.
    train: takes experiments with their workdirs, how they are trained, a report
      and `stopping`, as `followers.train`.

  Attributes:
    unfinished: member -> why it is not done.
    interrupted: whether a member was, perhaps by another process.
  """

  def __init__(
    self,
    plan: StudyPlan,
    progress: StudyProgress,
    stopping: Callable[[], bool],
    train: Callable[..., Sequence[Any]],
  ):
    self._plan = plan
    self._progress = progress
    self._stopping = stopping
    self._train = train
    self.unfinished: dict[str, Unfinished] = {}
    self.interrupted = False

  def __call__(self, task: ScheduledTask) -> bool:
    """Trains the free members of a task; returns true to be retried.

    It is retried while another process holds one of its members.
    """
    ready = [name for name in task.name if self._may_start(name)]
    held = [name for name in ready if self._is_held(name)]
    members = [self._plan.expanded.members[n] for n in ready if n not in held]
    try:
      results = self._trained(members) if members else []
    except Interrupted:
      self.interrupted = True
      return False  # Saved; the study reports it.
    for member, result in zip(members, results, strict=True):
      if isinstance(result, WorkdirBusy):  # Locked since it was checked.
        held.append(member.name)
      else:
        self._note(member.name, result)
    return bool(held)

  def _trained(self, members: list[StudyMember]) -> Sequence[Any]:
    names = [member.name for member in members]
    roots = [self._plan.runs_dir / name for name in names]

    def report(done: int, records: Any) -> None:
      del records
      for name in names:
        self._progress.at(name, done)

    experiments = [member.experiment for member in members]
    return self._train(
      list(zip(experiments, roots, strict=True)),
      self._plan.executors[names[0]],
      report,
      self._stopping,
    )

  def _may_start(self, name: str) -> bool:
    """Returns whether a member has not ended and all its sources are done."""
    if name in self.unfinished or self._has_ended(name):
      return False
    for source in sorted(self._plan.expanded.members[name].sources):
      source_status = status(self._plan.runs_dir / source, 0)
      above = self.unfinished.get(source)
      if source_status.error:
        above = _unfinished(source_status)
      if above:
        self._fail(name, above.kind, f'starts from {source}: {above.error}')
      if source_status.kind != 'done':
        return False
    return True

  def _has_ended(self, name: str) -> bool:
    """Returns whether a member has ended, perhaps in another process."""
    member_status = status(self._plan.runs_dir / name, 0)
    if member_status.error:
      self._fail(name, *_unfinished(member_status))
    elif member_status.kind == 'done':
      self._progress.end(name, failed=False)
    return member_status.ended

  def _is_held(self, name: str) -> bool:
    """Returns whether another process holds a member, and shows which."""
    holding = holder(self._plan.runs_dir / name)
    self._progress.wait(name, holding)
    return bool(holding)

  def _note(self, name: str, result: Any) -> None:
    if isinstance(result, TrainingFailed):
      # Up to the path of the checkpoints: a report has no paths.
      error = str(result).partition(';')[0]
      write_failure(self._plan.runs_dir / name, error)
      self._fail(name, 'failed', error)
    elif isinstance(result, ValueError):
      text = ' '.join(str(result).split())
      error = text.replace(f'{self._plan.runs_dir}{os.sep}', '')
      # Other errors are about a directory and its files.
      of_config = error.startswith('config.')
      self._fail(name, 'refused' if of_config else 'blocked', error)
    elif isinstance(result, Exception):
      raise result
    else:
      self._progress.end(name, failed=False)

  def _fail(self, name: str, kind: Kind, error: str) -> None:
    self.unfinished[name] = Unfinished(kind, error)
    self._progress.end(name, failed=True)


def _unfinished(found: Status) -> Unfinished:
  """Returns the outcome of a member that failed before, or is broken."""
  kind: Kind = 'blocked' if found.kind == 'broken' else 'failed'
  return Unfinished(kind, found.error)
