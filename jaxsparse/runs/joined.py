"""The shares of several workdirs as one: their members numbered through."""

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
  """One or several shares, with what the loop calls by a member's number.

  Args:
    shares: of experiments that have their plan in common.
  """

  def __init__(self, shares: Sequence[Share]):
    self.shares = shares
    # Number -> its share, and its number there.
    self._members = [(s, i) for s in shares for i in range(len(s))]

  def __len__(self) -> int:
    return len(self._members)

  @property
  def name(self) -> str:
    """What a person calls it."""
    first, *others = (share.root.name for share in self.shares)
    return f'{first} and {len(others)} more' if others else first

  def members(self) -> list[Member]:
    """The members as the steps take them.

    They do not read `init`, and with it they would compile anew for each
    initialisation.
    """
    return [s.experiment.members[i]._replace(init={}) for s, i in self._members]

  def replicates(self) -> list[tuple[Experiment, int]]:
    """The experiment of each member, and its number there."""
    return [(s.experiment, i) for s, i in self._members]

  def batches(self, number: int, begin: int, end: int) -> np.ndarray:
    """The batches of a member."""
    share, i = self._members[number]
    return share.experiment.batches(i, begin, end)

  def evaluate(self, number: int, state: TrainState) -> Record:
    """What an evaluation of a member gives."""
    share, i = self._members[number]
    return share.scores.record(i, state) | structure.of_state(state)

  def probe(self, number: int, state: TrainState) -> Record:
    """What a probe of a member gives."""
    share, i = self._members[number]
    return share.scores.probe(i, state)

  def last_good(self, number: int) -> TrainState:
    """The state of a member at its newest planned save that is good."""
    share, i = self._members[number]
    return share.last_good(i)

  def numbers(self, share: Share) -> list[int]:
    """The numbers of the members of a share."""
    return [n for n, (s, _) in enumerate(self._members) if s is share]

  def failed_of(
    self, share: Share, failed: Mapping[int, int]
  ) -> dict[int, int]:
    """The failed members of a share, by their numbers there."""
    numbers = self.numbers(share)
    return {i: failed[n] for i, n in enumerate(numbers) if n in failed}

  def fresh(self) -> list[TrainState]:
    """The states of all members at step 0."""
    parts = [share.fresh(*range(len(share))) for share in self.shares]
    return [state for states in parts for state in states]

  def go_on(self, found: Sequence[Found]) -> tuple[list[TrainState], Progress]:
    """The states and the account of one checkpoint of each share."""
    states: list[TrainState] = []
    whole = Progress(found[0].step, [], {})
    for share, one in zip(self.shares, found, strict=True):
      own = share.go_on(one)
      failed = {len(states) + i: step for i, step in own.failed.items()}
      whole.failed.update(failed)
      whole.meters.extend(own.meters)
      states.extend(one.states)
    return states, whole

  def save(
    self, states: Sequence[TrainState], progress: Progress, carry: Carry
  ) -> None:
    """Saves each share in its own workdir.

    Those whose members have failed as well, so that all have their
    checkpoints in common.
    """
    for share in self.shares:
      numbers = self.numbers(share)
      own = Progress(
        progress.step,
        [progress.meters[n] for n in numbers],
        self.failed_of(share, progress.failed),
      )
      share.save([states[n] for n in numbers], own, carry)

  @contextlib.contextmanager
  def saved(self) -> Iterator[None]:
    """Waits in the end: "saved" is said of what is on disk."""
    try:
      yield
    finally:
      for share in self.shares:
        share.wait()

  @contextlib.contextmanager
  def written(self, step: int) -> Iterator[Callable[[Record], None]]:
    """Takes records from `step` on, each to the files of its share."""
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
  """The newest checkpoints of one step that all shares have good.

  A kill between the saves of two shares leaves one behind the other. All are
  rid of checkpoints beyond that step, and of all where there is none, lest old
  ones be taken for those of the run that goes on or starts anew.

  Returns:
    `None` if there is no such step.

  Raises:
    CheckpointError: a share has checkpoints, and none is good.
  """
  upto: int | None = None
  while True:
    latest = [share.latest(upto) for share in shares]
    found = [one for one in latest if one is not None]
    if len(found) < len(shares):
      if found or upto is not None:
        _log.warning('no checkpoint is common to all members; they start anew')
        _forget(shares, -1)
      return None
    steps = {one.step for one in found}
    if len(steps) == 1:
      if upto is not None:
        _forget(shares, found[0].step)
      return found
    upto = min(steps)


def _forget(shares: Sequence[Share], after: int) -> None:
  for share in shares:
    share.forget(after)
