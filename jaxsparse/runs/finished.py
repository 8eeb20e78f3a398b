"""Finished runs, taken up again: their nets at every step that is kept."""

import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import jax

from jaxsparse.analysis.solutions import Solution
from jaxsparse.config import defaults as config_lib
from jaxsparse.config import identity
from jaxsparse.optim.masked import forward_params
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment, build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.inputs import Inputs
from jaxsparse.training.checkpoints import states
from jaxsparse.training.state import TrainState

StrPath = str | os.PathLike[str]


class Finished(NamedTuple):
  """A replicate of a finished run.

  Attributes:
    root: its workdir.
    experiment: built anew from the config that is kept there. Runs of one
      model share its functions, and with them what is compiled.
    replicate: which of its replicates.
  """

  root: pathlib.Path
  experiment: Experiment
  replicate: int = 0

  @property
  def steps(self) -> tuple[int, ...]:
    """The steps that are kept, ascending; 0 always is."""
    return states.kept_steps(self.root / workdir_lib.CHECKPOINTS)

  @property
  def last_step(self) -> int:
    """That of the end of the run."""
    return self.experiment.plan.num_steps


def load(workdir: StrPath, *, replicate: int = 0) -> Finished:
  """A finished run; its data are loaded, its checkpoints not yet read.

  Args:
    workdir: of the run.
    replicate: which of its replicates.

  Raises:
    ValueError: there is none, it is not finished, or its config or its data
      are no longer what they were.
  """
  root = workdir_lib.local(workdir)
  if not workdir_lib.begun(root):
    raise ValueError(f'{root} is no run; accepted is the workdir of one')
  if workdir_lib.finished(root) is None:
    raise ValueError(f'{root} is not finished')
  settled = workdir_lib.read_config(root)
  names = {name: settled[name]['name'] for name in config_lib.SECTIONS}
  config = config_lib.default_config(**names)
  config.update(settled)
  try:
    experiment = build(config)
  except ValueError as error:
    raise ValueError(f'{root} cannot be built again: {error}') from None
  differing = identity.differences(settled, experiment.config)
  if differing:
    raise ValueError(
      f'{root} cannot be built as it was; fields that differ (there -> here):'
      f' {"; ".join(differing)}'
    )
  data = Inputs(data=experiment.dataset.fingerprint)
  if changed := workdir_lib.inputs(root).changes(data):
    raise ValueError(
      f'{root} is of data that have changed since (then -> now):'
      f' {"; ".join(changed)}; accepted are those that it was trained on'
    )
  return Finished(root, experiment, replicate)


def check_number(workdirs: Sequence[StrPath], count: int) -> None:
  """Raises `ValueError` where there are not so many runs."""
  if len(workdirs) != count:
    got, accepted = (
      f'{n} run' if n == 1 else f'{n} runs' for n in (len(workdirs), count)
    )
    raise ValueError(f'got {got}; accepted is {accepted}')


def load_each(workdirs: Sequence[StrPath], *, count: int) -> list[Finished]:
  """The first replicate of each of so many finished runs on the same data.

  Raises:
    ValueError: another number of runs, other data, or as for `load`.
  """
  check_number(workdirs, count)
  return _of_one_data_set([load(workdir) for workdir in workdirs])


def load_pool(workdirs: Sequence[StrPath]) -> list[Finished]:
  """All replicates of finished runs on the same data, in order.

  Raises:
    ValueError: no run, other data, or as for `load`.
  """
  if not workdirs:
    raise ValueError('got no runs; accepted is one or more')
  runs = [load(workdir) for workdir in workdirs]
  return _of_one_data_set(
    [
      run._replace(replicate=i)
      for run in runs
      for i in range(len(run.experiment.members))
    ]
  )


def state(run: Finished, step: int | None = None) -> TrainState:
  """The state after `step` steps, verified; of the newest by default.

  What the optimiser held is not read: its leaves are `...`.

  Raises:
    CheckpointError: the step is not kept (says which are), or is damaged.
  """
  abstract = abstract_state(run.experiment)
  wanted = abstract._replace(opt_state=_unread(abstract.opt_state))
  members = [_unread(abstract) for _ in run.experiment.members]
  members[run.replicate] = wanted
  found = states.read_step(
    run.root / workdir_lib.CHECKPOINTS,
    run.last_step if step is None else step,
    {'members': tuple(members)},
  )
  return found['members'][run.replicate]


def solution(run: Finished, step: int | None = None) -> Solution:
  """The net after `step` steps, as the loss sees it.

  Raises:
    CheckpointError: as for `state`.
  """
  found = state(run, step)
  updater = run.experiment.recipe.updater(run.experiment.members[run.replicate])
  return Solution(
    forward_params(updater, found.params, found.mask_state),
    found.mask_state.masks,
    found.model_state,
  )


def _of_one_data_set(runs: list[Finished]) -> list[Finished]:
  first = runs[0]
  for run in runs[1:]:
    names = [r.experiment.dataset.name for r in (first, run)]
    if names[0] != names[1]:
      raise ValueError(
        f'{first.root} is of the data set {names[0]!r} and {run.root} of'
        f' {names[1]!r}; accepted are runs on the same data'
      )
  return runs


def _unread(tree: object) -> object:
  return jax.tree.map(lambda _: ..., tree)
