"""The run itself: the members of one workdir, or of several together."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

import jax
import numpy as np

from jaxsparse.data import resident
from jaxsparse.experiments import plots as plots_lib
from jaxsparse.experiments import start
from jaxsparse.experiments import workdir as workdir_lib
from jaxsparse.experiments.compiled import Compiled, compiled
from jaxsparse.experiments.progress import Report, Reporter
from jaxsparse.experiments.share import (
  Place,
  Share,
  TrainingFailed,
  newest_common,
)
from jaxsparse.experiments.summary import Summary
from jaxsparse.training import loop
from jaxsparse.training.carry import (
  Carrier,
  Carry,
  OneByOne,
  Threads,
  usable_cores,
)
from jaxsparse.training.checkpoints import CheckpointError
from jaxsparse.training.evaluate import is_finite
from jaxsparse.training.metrics import MetricsWriter
from jaxsparse.training.state import TrainState
from jaxsparse.training.vmapped import Vmapped, member_mesh

_log = logging.getLogger(__name__)


class SaveFailed(RuntimeError):
  """A checkpoint could not be written; those before it are kept."""


@contextlib.contextmanager
def _not_bad_input() -> Iterator[None]:
  """A `ValueError` in a run that is under way is none of the user's input."""
  try:
    yield
  except CheckpointError as error:
    raise SaveFailed(str(error)) from error
  except ValueError as error:
    raise RuntimeError(f'training failed: {error}') from error


class Run:
  """The members of all places, numbered through.

  Args:
    places: held for this run; of one family if they are several.
    abstract: shapes and dtypes of a member's state.
    how: 'one_by_one' or 'vmap'.
  """

  def __init__(self, places: Sequence[Place], abstract: TrainState, how: str):
    first = places[0].experiment
    self._plan = first.plan
    self._mesh = member_mesh() if how == 'vmap' else None
    self._data = resident.put(first.dataset.train)
    eval_data = resident.put(first.eval_split)
    self._shares = [
      Share(
        place,
        abstract,
        compiled(place.experiment, abstract, self._mesh),
        self._data,
        eval_data,
      )
      for place in places
    ]
    self._compiled: Compiled = compiled(first, abstract, self._mesh)
    # Member of the run -> its share, and its number there.
    self._members = [(s, i) for s in self._shares for i in range(len(s))]
    self._carry = (
      Carry(how, 1, 1)
      if self._mesh is None
      else Carry(how, len(self._members), self._mesh.size)
    )
    self._name = self._shares[0].root.name
    if len(self._shares) > 1:
      self._name += f' and {len(self._shares) - 1} more'

  def run(
    self,
    *,
    plots: bool,
    report: Report | None,
    interrupted: Callable[[], bool],
  ) -> list[Summary | TrainingFailed]:
    """Trains to the end; for each place its summary, or how it failed."""
    self._tell()
    states, progress = self._restore()
    begun = 0 if progress is None else progress.step
    reporter = Reporter(
      self._name, begun, self._plan.num_steps, len(states), report
    )
    fresh = progress is None
    try:
      with (
        self._written(-1 if fresh else begun) as record,
        Threads(self._threads()) as threads,
        _not_bad_input(),
        self._saved(),
      ):
        carrier = self._carrier(states, threads)
        progress = loop.run(
          carrier,
          plan=self._plan,
          hooks=self._hooks(record, reporter, interrupted),
          progress=progress,
        )
    except loop.NonFiniteLoss as error:
      return [s.failure(self._own(s, error.failed)) for s in self._shares]
    finally:
      reporter.close()
    return self._finish(carrier, progress.failed, reporter, plots)

  def _tell(self) -> None:
    """Logs how several members are carried; one is carried as it is."""
    if len(self._members) == 1 and self._mesh is None:
      return
    how = 'one by one'
    if self._mesh is not None:
      how = f'together by vmap, devices: {self._carry.devices}'
    _log.info('%s: %d members, %s', self._name, len(self._members), how)

  def _restore(
    self,
  ) -> tuple[list[TrainState], loop.Progress | None]:
    found = newest_common(self._shares)
    if found is None:
      states = [s.fresh(*range(len(s))) for s in self._shares]
      return [state for some in states for state in some], None
    whole = loop.Progress(found[0].step, [], {})
    for share, one in zip(self._shares, found, strict=True):
      own = share.go_on(one)
      whole.failed.update(
        {len(whole.meters) + i: step for i, step in own.failed.items()}
      )
      whole.meters.extend(own.meters)
    meta = found[0].meta
    if whole.step < self._plan.num_steps:
      start.warn_of_move(meta, self._carry)
    else:  # Only the end is left to tell, and the others may have told theirs.
      self._carry = start.carried(meta)
    return [state for one in found for state in one.states], whole

  def _carrier(self, states: Sequence[TrainState], threads: Threads) -> Carrier:
    # The steps do not read `init`, and with it they would compile anew for
    # each initialisation.
    members = [
      s.experiment.members[i]._replace(init={}) for s, i in self._members
    ]
    programs, data = self._compiled.programs, self._data
    if self._mesh is None:
      return OneByOne(
        programs,
        states,
        members,
        data=data,
        batches=self._batches,
        threads=threads,
      )
    return Vmapped(
      programs,
      states,
      members,
      mesh=self._mesh,
      data=data,
      batches=self._batches,
    )

  def _threads(self) -> int:
    """Members under way at once: small nets do not fill the cores of a CPU."""
    if self._mesh is not None or jax.default_backend() != 'cpu':
      return 1
    if self._compiled.programs.dispatch != 'scan':
      return 1
    return min(usable_cores(), len(self._members))

  def _batches(self, i: int, begin: int, end: int) -> np.ndarray:
    share, member = self._members[i]
    return share.experiment.batches(member, begin, end)

  @contextlib.contextmanager
  def _written(self, step: int) -> Iterator[Callable[[loop.Record], None]]:
    """Takes records from `step` on, each to the files of its share."""
    with contextlib.ExitStack() as stack:
      writers = {
        share: stack.enter_context(MetricsWriter(share.root, step=step))
        for share in self._shares
      }

      def write(record: loop.Record) -> None:
        share, member = self._members[record['replicate']]
        writers[share].write(record | {'replicate': member})

      yield write

  @contextlib.contextmanager
  def _saved(self) -> Iterator[None]:
    """Waits in the end for all saves."""
    try:
      yield
    finally:
      for share in self._shares:
        share.wait()

  def _hooks(
    self,
    record: Callable[[loop.Record], None],
    report: Report,
    interrupted: Callable[[], bool],
  ) -> loop.Hooks:
    def evaluate(i: int, state: TrainState) -> loop.Record:
      share, member = self._members[i]
      return share.scores.record(member, state)

    def last_good(i: int) -> TrainState:
      share, member = self._members[i]
      return share.last_good(member)

    return loop.Hooks(
      evaluate=evaluate,
      record=record,
      healthy=is_finite,
      save=self._save,
      last_good=last_good,
      report=report,
      interrupted=interrupted,
    )

  def _save(
    self, states: Sequence[TrainState], progress: loop.Progress
  ) -> None:
    # Members that failed too, so that all have their checkpoints in common.
    for share in self._shares:
      numbers = self._numbers(share)
      own = loop.Progress(
        progress.step,
        [progress.meters[i] for i in numbers],
        self._own(share, progress.failed),
      )
      share.save([states[i] for i in numbers], own, self._carry)

  def _numbers(self, share: Share) -> list[int]:
    return [i for i, (s, _) in enumerate(self._members) if s is share]

  def _own(self, share: Share, failed: Mapping[int, int]) -> dict[int, int]:
    """The failed members of a share, by their numbers there."""
    return {
      member: failed[i]
      for i, (s, member) in enumerate(self._members)
      if s is share and i in failed
    }

  def _finish(
    self,
    carrier: Carrier,
    failed: Mapping[int, int],
    reporter: Reporter,
    plots: bool,
  ) -> list[Summary | TrainingFailed]:
    results: list[Summary | TrainingFailed] = []
    speed = reporter.steps_per_second() / len(self._members)
    for share in self._shares:
      own = self._own(share, failed)
      if len(own) == len(share):
        results.append(share.failure(own))
        continue
      result = share.finish(
        [carrier.state(i) for i in self._numbers(share)],
        own,
        steps_per_second=speed * len(share),
        carry=self._carry,
      )
      if plots:
        plots_lib.run_plots(share.root)
      workdir_lib.write_summary(share.root, result)
      results.append(result)
    return results
