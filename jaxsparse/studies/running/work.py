"""The work of a study: members as tasks, and what becomes of each."""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from jaxsparse.runs import population
from jaxsparse.runs.share import TrainingFailed
from jaxsparse.runs.train import train_built
from jaxsparse.studies.planning import together
from jaxsparse.studies.planning.members import Member
from jaxsparse.studies.planning.plan import Plan, alone
from jaxsparse.studies.planning.status import (
  Status,
  status,
  write_failure,
)
from jaxsparse.studies.results import Kind
from jaxsparse.studies.running.scheduler import Task
from jaxsparse.studies.running.watch import Watch
from jaxsparse.training.locks import WorkdirBusy, holder
from jaxsparse.training.loop import Interrupted


def tasks(plan: Plan) -> list[Task]:
  """What is left to do: a task a member, or under vmap one for several.

  A task is named by the names of its members. Those of a family follow one
  another.
  """
  found: dict[str, tuple[str, ...]] = {}  # Member -> its task.
  for group in together.groups(plan.left, plan.statuses, plan.carries):
    found.update(dict.fromkeys(group.names, group.names))
  order = {m.family: None for m in plan.left}
  rank = {family: i for i, family in enumerate(order)}
  members = plan.expanded.members
  made = []
  for names in dict.fromkeys(found.values()):
    needed = {found[n] for m in names for n in members[m].after if n in found}
    first = members[names[0]]
    made.append(Task(names, first.family, frozenset(needed), alone(first)))
  return sorted(made, key=lambda task: rank[task.family])


class Unfinished(NamedTuple):
  """Why a member is not done, and of which kind that is."""

  kind: Kind
  error: str


class Work:
  """Trains the members of a task; called in threads.

  A member that another process holds is waited for: once it is free it is
  done there, or goes on here.

  Args:
    plan: of the study.
    watch: is told how far members are.
    stopping: whether members are to save and stop.

  Attributes:
    unfinished: by member, why it is not done.
  """

  def __init__(self, plan: Plan, watch: Watch, stopping: Callable[[], bool]):
    self._plan = plan
    self._watch = watch
    self._stopping = stopping
    self.unfinished: dict[str, Unfinished] = {}

  def __call__(self, task: Task) -> bool:
    """Does what can be done; whether others hold some of the rest."""
    left = [name for name in task.name if self._may_start(name)]
    held = [name for name in left if self._is_held(name)]
    members = [self._plan.expanded.members[n] for n in left if n not in held]
    try:
      results = self._train(members) if members else []
    except Interrupted:
      return False  # Saved; the study says so itself.
    for member, result in zip(members, results, strict=True):
      if isinstance(result, WorkdirBusy):  # Taken since it was looked at.
        held.append(member.name)
      else:
        self._note(member.name, result)
    return bool(held)

  def _train(self, members: list[Member]) -> list[Any]:
    names = [member.name for member in members]
    roots = [self._plan.runs_dir / name for name in names]

    def report(done: int, records: Any) -> None:
      del records
      for name in names:
        self._watch.at(name, done)

    if self._plan.carries[names[0]] == 'vmap':
      pairs = zip((m.experiment for m in members), roots, strict=True)
      try:
        return population.train_together(
          list(pairs), interrupted=self._stopping, report=report
        )
      except ValueError as error:  # Of one of them, which it names.
        return [error] * len(members)
    try:
      made = train_built(
        members[0].experiment,
        roots[0],
        carry='one_by_one',
        plots=False,  # Drawing is for the main thread alone.
        report=report,
        interrupted=self._stopping,
      )
    except (ValueError, WorkdirBusy, TrainingFailed) as error:
      return [error]
    return [made]

  def _may_start(self, name: str) -> bool:
    """Whether it has not ended, and all that it starts from is there."""
    if name in self.unfinished or self._has_ended(name):
      return False
    for source in sorted(self._plan.expanded.members[name].sources):
      found = self._status(source)
      above = self.unfinished.get(source)
      if found.error:
        above = _unfinished(found)
      if above:
        self._fail(name, above.kind, f'starts from {source}: {above.error}')
      if found.kind != 'done':
        return False
    return True

  def _has_ended(self, name: str) -> bool:
    """Whether another process has brought it to its end meanwhile."""
    found = self._status(name)
    if found.error:
      self._fail(name, *_unfinished(found))
    elif found.kind == 'done':
      self._watch.end(name, failed=False)
    return found.ended

  def _is_held(self, name: str) -> bool:
    """Whether another process holds it; who is shown."""
    found = holder(self._plan.runs_dir / name)
    self._watch.wait(name, found)
    return bool(found)

  def _note(self, name: str, result: Any) -> None:
    if isinstance(result, TrainingFailed):
      # Up to where the checkpoints are: a report tells no places.
      error = str(result).partition(';')[0]
      write_failure(self._plan.runs_dir / name, error)
      self._fail(name, 'failed', error)
    elif isinstance(result, ValueError):
      text = ' '.join(str(result).split())
      error = text.replace(f'{self._plan.runs_dir}{os.sep}', '')
      # The rest is about a directory, and files in it.
      of_config = error.startswith('config.')
      self._fail(name, 'refused' if of_config else 'blocked', error)
    elif isinstance(result, Exception):
      raise result
    else:
      self._watch.end(name, failed=False)

  def _fail(self, name: str, kind: Kind, error: str) -> None:
    self.unfinished[name] = Unfinished(kind, error)
    self._watch.end(name, failed=True)

  def _status(self, name: str) -> Status:
    return status(self._plan.runs_dir / name, 0)


def _unfinished(found: Status) -> Unfinished:
  """What is told of a member that failed before, or is broken."""
  kind: Kind = 'blocked' if found.kind == 'broken' else 'failed'
  return Unfinished(kind, found.error)
