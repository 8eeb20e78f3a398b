"""Runs a study: what is not done yet, then the analyses, then the results."""

import os
import platform
import threading
from collections.abc import Callable, Mapping

import flax
import jax
import jaxlib
import numpy as np
import optax

import jaxsparse
from jaxsparse.experiments import workdir as workdir_lib
from jaxsparse.experiments.share import TrainingFailed
from jaxsparse.experiments.studies import plan as plan_lib
from jaxsparse.experiments.studies import scheduler, work
from jaxsparse.experiments.studies.analyse import Analysed, analyse
from jaxsparse.experiments.studies.members import Cell
from jaxsparse.experiments.studies.plan import Plan
from jaxsparse.experiments.studies.results import MemberResult, Results
from jaxsparse.experiments.studies.spec import Study
from jaxsparse.experiments.studies.status import failure
from jaxsparse.experiments.studies.watch import Watch, hushed
from jaxsparse.experiments.studies.work import Unfinished
from jaxsparse.training.carry import usable_cores
from jaxsparse.training.locks import lock
from jaxsparse.training.loop import Interrupted


class StudyInterrupted(Interrupted):
  """The study was asked to stop; its members are saved."""

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
  carry: str = 'auto',
  interrupted: Callable[[], bool] = lambda: False,
) -> Results:
  """Runs what is not done; what is, is not repeated.

  Args:
    study: what to run.
    workdir: of the study, for what is not a member's; held while it runs.
    runs_dir: the members' directories are in it; studies may share it.
    name: a short one of the study.
    command: what to type to run it again.
    carry: how members are carried: 'auto', 'one_by_one' or 'vmap'.
    interrupted: asked now and then; if true all members save and stop.

  Returns:
    The same, whatever the order in which members finished.

  Raises:
    ValueError: the study is wrong, or all of its configs are.
    WorkdirBusy: another process holds `workdir`. One that holds a member is
      waited for.
    Interrupted: stopped by `interrupted`, and saved.
    SaveFailed: a checkpoint could not be written.
  """
  root = workdir_lib.local(workdir)
  if workdir_lib.begun(root):
    raise ValueError(f'{root} is the workdir of a run; choose another one')
  plan = plan_lib.plan(study, runs_dir, carry)
  if not plan.expanded.members:
    raise ValueError(f'no member can be run: {plan.expanded.cells[0].error}')
  with lock(root), hushed():
    workdir_lib.write_members(root, plan.runs_dir, plan.expanded.members)
    unfinished = _train(plan, name, interrupted)
    analysed = analyse(plan, root, interrupted)
    if interrupted():
      raise _stopped(plan)
  cells = plan.expanded.cells
  members = (_result(plan, cell, unfinished, analysed) for cell in cells)
  return Results(
    study,
    name,
    tuple(members),
    command,
    versions(),
    analysed.pooled,
    tuple(analysed.drawings),
  )


def check_any(results: Results) -> None:
  """Raises `TrainingFailed` if a study has nothing to show."""
  failed = [member for member in results.members if member.summary is None]
  if len(failed) == len(results.members):
    raise TrainingFailed(f'every member failed; the first: {failed[0].error}')


def _train(
  plan: Plan, name: str, interrupted: Callable[[], bool]
) -> Mapping[str, Unfinished]:
  """Trains what is left; by member, why some are not done."""
  stop = threading.Event()
  watch = _watch(plan, name)

  def stopping() -> bool:
    return stop.is_set() or interrupted()

  worker = work.Work(plan, watch, stopping)
  try:
    scheduler.carry_out(
      work.tasks(plan),
      worker,
      threads=plan_lib.width(plan),
      stopping=stopping,
      stop=stop.set,
      tick=watch.tick,
    )
  finally:
    watch.close()
  if interrupted():
    raise _stopped(plan)
  return worker.unfinished


def _watch(plan: Plan, name: str) -> Watch:
  members, statuses = plan.expanded.members, plan.statuses
  return Watch(
    name,
    {n: m.experiment.plan.num_steps for n, m in members.items()},
    {n: s.step for n, s in statuses.items()},
    [n for n, s in statuses.items() if s.ended],
    [n for n, s in statuses.items() if s.kind == 'failed'],
  )


def _stopped(plan: Plan) -> StudyInterrupted:
  names = plan.expanded.members
  done = sum((plan.runs_dir / n / workdir_lib.SUMMARY).exists() for n in names)
  return StudyInterrupted(done, len(names))


def _result(
  plan: Plan,
  cell: Cell,
  unfinished: Mapping[str, Unfinished],
  analysed: Analysed,
) -> MemberResult:
  if not cell.member:
    return MemberResult(
      cell.row, cell.seed, None, None, cell.error, kind='refused'
    )
  root = plan.runs_dir / cell.member
  summary = workdir_lib.finished(root)
  if summary is None:
    failed = Unfinished('failed', failure(root))
    kind, error = unfinished.get(cell.member, failed)
    held = root if workdir_lib.begun(root) else None
    return MemberResult(cell.row, cell.seed, held, None, error, kind=kind)
  numbers = analysed.numbers.get(cell, {})
  notes = analysed.notes.get(cell, [])
  carry = summary.get('carry', {})
  if carry.get('how') == 'vmap':
    notes = [f'carried by vmap, {carry["width"]} members together', *notes]
  return MemberResult(
    cell.row, cell.seed, root, summary | numbers, note='; '.join(notes)
  )


def versions() -> tuple[tuple[str, str], ...]:
  """What numbers depend on besides configs: packages, and the machine."""
  kinds = ', '.join(sorted({device.device_kind for device in jax.devices()}))
  found = {
    'jaxsparse': jaxsparse.__version__,
    'jax': jax.__version__,
    'jaxlib': jaxlib.__version__,
    'flax': flax.__version__,
    'optax': optax.__version__,
    'numpy': np.__version__,
    'python': platform.python_version(),
    'device': f'{kinds} x {jax.device_count()}',
    'machine': platform.machine(),
  }
  if jax.default_backend() == 'cpu':
    found['cores'] = str(usable_cores())
  return tuple(found.items())
