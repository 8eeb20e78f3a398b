"""The members of one or several workdirs, numbered consecutively."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from jaxsparse.runs import structure
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.share import Found, Share
from jaxsparse.training.carry import Carry
from jaxsparse.training.loop import Progress, Record
from jaxsparse.training.metrics import MetricsWriter
from jaxsparse.training.state import Member, TrainState

_log = logging.getLogger(__name__)


class Joined:
  """One or several `Share`s, with the loop's callbacks by member number.

  Args:
    shares: of experiments with the same plan.
  """

  def __init__(self, shares: Sequence[Share]):
    self.shares = shares
    # Member number -> its `Share`, and its number in that.
    self._members = [(s, i) for s in shares for i in range(len(s))]

  def __len__(self) -> int:
    return len(self._members)

  @property
  def name(self) -> str:
    """Name for people: the workdir, and the number of further ones."""
    first, *rest = (share.root.name for share in self.shares)
    return f'{first} and {len(rest)} more' if rest else first

  def members(self) -> list[Member]:
    """Returns the members as the steps take them.

    Steps do not read `init`, and with it they would compile again for each
    initialisation.
    """
    return [s.experiment.members[i]._replace(init={}) for s, i in self._members]

  def replicates(self) -> list[tuple[Experiment, int]]:
    """Returns the experiment of each member, and its replicate number."""
    return [(s.experiment, i) for s, i in self._members]

  def batches(self, number: int, begin: int, end: int) -> np.ndarray:
    """Returns the batch indices of a member, [end - begin, batch]."""
    share, i = self._members[number]
    return share.experiment.batches(i, begin, end)

  def evaluate(self, number: int, state: TrainState) -> Record:
    """Evaluates a member, and returns the entries of its record."""
    share, i = self._members[number]
    return share.scores.record(i, state) | structure.of_state(state)

  def probe(self, number: int, state: TrainState) -> Record:
    """Probes a member, and returns the entries of its record."""
    share, i = self._members[number]
    return share.scores.probe(i, state)

  def last_good(self, number: int) -> TrainState:
    """Returns a member's state at its newest good planned checkpoint."""
    share, i = self._members[number]
    return share.last_good(i)

  def numbers(self, share: Share) -> list[int]:
    """Returns the member numbers of a `Share`."""
    return [n for n, (s, _) in enumerate(self._members) if s is share]

  def failed_of(
    self, share: Share, failed: Mapping[int, int]
  ) -> dict[int, int]:
    """Returns the failed members of a `Share`, by their numbers in it."""
    numbers = self.numbers(share)
    return {i: failed[n] for i, n in enumerate(numbers) if n in failed}

  def fresh(self) -> list[TrainState]:
    """Returns the states of all members at step 0."""
    parts = [share.fresh(*range(len(share))) for share in self.shares]
    return [state for states in parts for state in states]

  def go_on(self, found: Sequence[Found]) -> tuple[list[TrainState], Progress]:
    """Returns the states and the progress of one checkpoint per `Share`."""
    states: list[TrainState] = []
    progress = Progress(found[0].step, [], {})
    for share, one in zip(self.shares, found, strict=True):
      part = share.go_on(one)
      failed = {len(states) + i: step for i, step in part.failed.items()}
      progress.failed.update(failed)
      progress.meters.extend(part.meters)
      states.extend(one.states)
    return states, progress

  def save(
    self, states: Sequence[TrainState], progress: Progress, carry: Carry
  ) -> None:
    """Saves the members of each workdir in it.

    Workdirs whose members have all failed are saved as well, so that all have
    checkpoints of the same steps.
    """
    for share in self.shares:
      numbers = self.numbers(share)
      part = Progress(
        progress.step,
        [progress.meters[n] for n in numbers],
        self.failed_of(share, progress.failed),
      )
      share.save([states[n] for n in numbers], part, carry)

  @contextlib.contextmanager
  def saved(self) -> Iterator[None]:
    """Waits at exit until all checkpoints are on disk."""
    try:
      yield
    finally:
      for share in self.shares:
        share.wait()

  @contextlib.contextmanager
  def written(self, step: int) -> Iterator[Callable[[Record], None]]:
    """Yields a writer of records from `step` on, each to its workdir."""
    with contextlib.ExitStack() as stack:
      writers = {
        share: stack.enter_context(MetricsWriter(share.root, step=step))
        for share in self.shares
      }

      def write(record: Record) -> None:
        share, i = self._members[record['replicate']]
        writers[share].write(record | {'replicate': i})

      yield write


def newest_common(shares: Sequence[Share]) -> list[Found] | None:
  """Returns the checkpoints of the newest step that is good in all workdirs.

  A kill between the saves of two workdirs leaves one behind the other. Later
  checkpoints are deleted, and all of them where no step is common, lest they be
  mistaken for those of the run that continues or starts over.

  Returns:
    `None` if there is no such step.

  Raises:
    CheckpointError: a `Share` has checkpoints, and none is good.
  """
  upto: int | None = None
  while True:
    latest = [share.latest(upto) for share in shares]
    checkpoints = [one for one in latest if one is not None]
    if len(checkpoints) < len(shares):
      if checkpoints or upto is not None:
        _log.warning('no checkpoint is common to all members; they start anew')
        _forget(shares, -1)
      return None
    steps = {one.step for one in checkpoints}
    if len(steps) == 1:
      if upto is not None:
        _forget(shares, checkpoints[0].step)
      return checkpoints
    upto = min(steps)


def _forget(shares: Sequence[Share], after: int) -> None:
  for share in shares:
    share.forget(after)
