"""The run itself: the members of one workdir, or of several together."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from jaxsparse.runs import feed, start
from jaxsparse.runs import plots as plots_lib
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.compiled import compiled
from jaxsparse.runs.joined import Joined, newest_common
from jaxsparse.runs.progress import Report, Reporter
from jaxsparse.runs.share import Place, Share, TrainingFailed
from jaxsparse.runs.summary import Summary
from jaxsparse.training import loop
from jaxsparse.training.carry import (
  Carrier,
  Carry,
  OneByOne,
  Threads,
  threads_for,
)
from jaxsparse.training.checkpoints import CheckpointError
from jaxsparse.training.evaluate import is_finite
from jaxsparse.training.state import TrainState
from jaxsparse.training.vmapped import Vmapped, member_mesh

_log = logging.getLogger(__name__)


class SaveFailed(RuntimeError):
  """Something could not be written; the checkpoints before it are kept."""


@contextlib.contextmanager
def saving(place: object) -> Iterator[None]:
  """Re-raises `OSError` as `SaveFailed`.

  Args:
    place: the destination; a full disk does not name the file.

  Raises:
    SaveFailed: a file cannot be written.
  """
  try:
    yield
  except OSError as error:
    where, why = error.filename or place, error.strerror or error
    raise SaveFailed(f'{where} cannot be written: {why}') from error


@contextlib.contextmanager
def _not_bad_input() -> Iterator[None]:
  """Re-raises errors during training, so that they are not taken for bad input.

  `ValueError` becomes `RuntimeError`, and `CheckpointError` `SaveFailed`.
  """
  try:
    yield
  except CheckpointError as error:
    raise SaveFailed(str(error)) from error
  except ValueError as error:
    raise RuntimeError(f'training failed: {error}') from error


class Run:
  """The members of all places, trained together.

  Args:
    places: locked for this run; of one family if there are several.
    abstract: shapes and dtypes of a member's state.
    how: 'one_by_one' or 'vmap'.
  """

  def __init__(self, places: Sequence[Place], abstract: TrainState, how: str):
    first = places[0].experiment
    self._plan = first.plan
    self._mesh = member_mesh() if how == 'vmap' else None
    self._data = feed.put(first.dataset.train)
    eval_data = feed.put(first.eval_split)
    programs = [compiled(p.experiment, self._mesh) for p in places]
    # The first serves all: programs differ in the initialisation at most.
    self._programs = programs[0].programs
    members = sum(len(place.experiment.members) for place in places)
    self._joined = Joined(
      [
        Share(
          place,
          abstract,
          program,
          self._data,
          eval_data,
          part=len(place.experiment.members) / members,
        )
        for place, program in zip(places, programs, strict=True)
      ]
    )
    self._carry = (
      Carry(how, 1, 1)
      if self._mesh is None
      else Carry(how, len(self._joined), self._mesh.size)
    )

  def run(
    self,
    *,
    plots: bool,
    report: Report | None,
    interrupted: Callable[[], bool],
  ) -> list[Summary | TrainingFailed]:
    """Trains to the end; returns the summary or the failure of each place.

    Raises:
      Interrupted: stopped by `interrupted`, and saved.
      SaveFailed: something could not be written.
    """
    with saving(self._joined.name):
      return self._run(plots, report, interrupted)

  def _run(
    self, plots: bool, report: Report | None, interrupted: Callable[[], bool]
  ) -> list[Summary | TrainingFailed]:
    joined = self._joined
    self._tell()
    states, progress = self._restore()
    fresh = progress is None
    begun = 0 if progress is None else progress.step
    reporter = Reporter(
      joined.name, begun, self._plan.num_steps, len(joined), report
    )
    try:
      with (
        joined.written(-1 if fresh else begun) as record,
        Threads(self._threads()) as threads,
        feed.fed(self._data, joined.replicates(), joined.batches) as fed,
        _not_bad_input(),
        joined.saved(),
      ):
        carrier = self._carrier(states, fed, threads)
        hooks = loop.Hooks(
          evaluate=joined.evaluate,
          probe=joined.probe,
          record=record,
          healthy=is_finite,
          save=lambda states, progress: joined.save(
            states, progress, self._carry
          ),
          last_good=joined.last_good,
          report=reporter,
          interrupted=interrupted,
        )
        progress = loop.run(
          carrier, plan=self._plan, hooks=hooks, progress=progress
        )
    except loop.NonFiniteLoss as error:
      return [
        share.failure(joined.failed_of(share, error.failed))
        for share in joined.shares
      ]
    finally:
      reporter.close()
    return self._finish(carrier, progress.failed, reporter, plots)

  def _tell(self) -> None:
    """Logs how members execute, unless there is one and it is not by vmap."""
    members = len(self._joined)
    if members == 1 and self._mesh is None:
      return
    how = 'one by one'
    if self._mesh is not None:
      how = f'together by vmap, devices: {self._carry.devices}'
    _log.info('%s: %d members, %s', self._joined.name, members, how)

  def _restore(self) -> tuple[list[TrainState], loop.Progress | None]:
    checkpoints = newest_common(self._joined.shares)
    if checkpoints is None:
      return self._joined.fresh(), None
    if checkpoints[0].step < self._plan.num_steps:
      start.warn_of_move([one.meta for one in checkpoints], self._carry)
    return self._joined.go_on(checkpoints)

  def _threads(self) -> int:
    if self._mesh is not None:
      return 1
    return threads_for(len(self._joined), self._programs.dispatch)

  def _carrier(
    self, states: Sequence[TrainState], fed: feed.Fed, threads: Threads
  ) -> Carrier:
    members = self._joined.members()
    if self._mesh is None:
      return OneByOne(
        self._programs,
        states,
        members,
        data=fed.data,
        batches=fed.batches,
        threads=threads,
      )
    return Vmapped(
      self._programs,
      states,
      members,
      mesh=self._mesh,
      data=fed.data,
      batches=fed.batches,
    )

  def _finish(
    self,
    carrier: Carrier,
    failed: Mapping[int, int],
    reporter: Reporter,
    plots: bool,
  ) -> list[Summary | TrainingFailed]:
    results: list[Summary | TrainingFailed] = []
    speed = reporter.steps_per_second() / len(carrier)
    for share in self._joined.shares:
      failures = self._joined.failed_of(share, failed)
      if len(failures) == len(share):
        results.append(share.failure(failures))
        continue
      states = [carrier.state(n) for n in self._joined.numbers(share)]
      result = share.finish(
        states,
        failures,
        steps_per_second=speed * len(share),
        # If only the summary was missing, no step was executed here.
        carry=share.carried_to_end or self._carry,
      )
      if plots:
        plots_lib.run_plots(share.root)
      workdir_lib.write_summary(share.root, result)
      results.append(result)
    return results
