"""Finished runs, loaded again: their nets at every step with a checkpoint."""

import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import jax

from jaxsparse import storage
from jaxsparse.analysis.solutions import Solution
from jaxsparse.config import identity
from jaxsparse.optim.masked import forward_params
from jaxsparse.runs import reading
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment, Read, build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.origins import Origins
from jaxsparse.training.checkpoints import states
from jaxsparse.training.state import TrainState

StrPath = str | os.PathLike[str]


class Finished(NamedTuple):
  """A finished run.

  Attributes:
    root: its workdir.
    experiment: built again from the config in the workdir. Runs of one model
      share its functions, and with them the compiled programs.
  """

  root: pathlib.Path
  experiment: Experiment

  @property
  def steps(self) -> tuple[int, ...]:
    """Steps with a checkpoint, ascending; the first always has one."""
    return states.kept_steps(self.root / workdir_lib.CHECKPOINTS)

  @property
  def first_step(self) -> int:
    """The step that it began at: 0, or `init.start_step`."""
    return self.experiment.plan.begin

  @property
  def last_step(self) -> int:
    """Number of steps of the whole run."""
    return self.experiment.plan.num_steps


def load(workdir: StrPath, read: Read = reading.dataset) -> Finished:
  """Loads a finished run and its data; checkpoints are not read yet.

  Args:
    workdir: of the run.
    read: as for `build`. With `reading.describe` the data may be absent, and
      may have changed.

  Raises:
    ValueError: there is no run, it is not finished, or its config or its data
      have changed since.
  """
  root = storage.absolute(workdir)
  if not workdir_lib.begun(root):
    raise ValueError(f'{root} is no run; accepted is the workdir of one')
  if workdir_lib.finished(root) is None:
    raise ValueError(f'{root} is not finished')
  config = workdir_lib.read_config(root)
  try:
    experiment = build(config, read)
  except ValueError as error:
    raise ValueError(f'{root} cannot be built again: {error}') from None
  differing = identity.differences(config, experiment.config)
  if differing:
    raise ValueError(
      f'{root} cannot be built as it was; fields that differ (there -> here):'
      f' {"; ".join(differing)}'
    )
  if read is reading.describe:
    return Finished(root, experiment)
  data = Origins(data=experiment.dataset.fingerprint)
  if changed := workdir_lib.origins(root).changes(data):
    raise ValueError(
      f'{root} is of data that have changed since (then -> now):'
      f' {"; ".join(changed)}; accepted are those that it was trained on'
    )
  return Finished(root, experiment)


def check_number(workdirs: Sequence[StrPath], count: int) -> None:
  """Raises `ValueError` unless there are `count` runs."""
  if len(workdirs) != count:
    actual, accepted = (
      f'{n} run' if n == 1 else f'{n} runs' for n in (len(workdirs), count)
    )
    raise ValueError(f'got {actual}; accepted is {accepted}')


def load_each(
  workdirs: Sequence[StrPath], *, count: int | None = None, least: int = 1
) -> list[Finished]:
  """Loads finished runs on the same data.

  Args:
    workdirs: of the runs.
    count: how many there must be; `least` or more if `None`.
    least: how many at least.

  Raises:
    ValueError: another number of runs, different data, or as for `load`.
  """
  if count is not None:
    check_number(workdirs, count)
  elif not workdirs:
    raise ValueError('got no runs; accepted is one or more')
  elif len(workdirs) < least:
    raise ValueError(f'got {len(workdirs)} run; accepted are {least} or more')
  first, *rest = runs = [load(workdir) for workdir in workdirs]
  for run in rest:
    names = [r.experiment.dataset.name for r in (first, run)]
    if names[0] != names[1]:
      raise ValueError(
        f'{first.root} is of the data set {names[0]!r} and {run.root} of'
        f' {names[1]!r}; accepted are runs on the same data'
      )
  return runs


def state(run: Finished, step: int | None = None) -> TrainState:
  """Returns the verified state after `step` steps, by default the last.

  The state of the optimiser is not read: its leaves are `...`.

  Raises:
    CheckpointError: the step has no checkpoint (names those that do), or its
      checkpoint is damaged.
  """
  abstract = abstract_state(run.experiment)
  unread = jax.tree.map(lambda _: ..., abstract.opt_state)
  return states.read_step(
    run.root / workdir_lib.CHECKPOINTS,
    run.last_step if step is None else step,
    abstract._replace(opt_state=unread),
  )


def solution(run: Finished, step: int | None = None) -> Solution:
  """Returns the net after `step` steps, as the loss sees it.

  Raises:
    CheckpointError: as for `state`.
  """
  restored = state(run, step)
  updater = run.experiment.updater
  return Solution(
    forward_params(updater, restored.params, restored.mask_state),
    restored.mask_state.masks,
    restored.model_state,
  )
