"""The runs of a group one after the other."""

from collections.abc import Callable, Sequence

from jaxsparse.core.types import PyTree
from jaxsparse.training.executors import Batches, Kind, Rows
from jaxsparse.training.parts import Parts
from jaxsparse.training.programs import Programs
from jaxsparse.training.state import Member, TrainState


class OneByOne:
  """An `executors.Executor` that advances one run after the other.

  Each run's results are, to the bit, those of a run alone.

  Args:
    programs: for one run.
    states: one a run; donated.
    members: the hyperparameters, one a run.
    data: resident arrays, passed to the programs; or a function like
      `batches` that returns `Parts`.
    batches: the batches of a run.
  """

  def __init__(
    self,
    programs: Programs,
    states: Sequence[TrainState],
    members: Sequence[Member],
    *,
    data: PyTree | Callable[[int, int, int], Parts],
    batches: Batches,
  ):
    self._programs = programs
    self._states = list(states)
    self._members = members
    self._data = data
    self._batches = batches

  def __len__(self) -> int:
    return len(self._states)

  def advance(
    self, kind: Kind, alive: Sequence[int], begin: int, end: int
  ) -> list[Rows]:
    program, data, metrics = getattr(self._programs, kind), self._data, []
    for i in alive:
      self._states[i], rows = program(
        self._states[i],
        self._members[i],
        data(i, begin, end) if callable(data) else data,
        self._batches(i, begin, end),
      )
      metrics.append(rows)
    return metrics

  def state(self, i: int) -> TrainState:
    return self._states[i]

  def replace(self, i: int, state: TrainState) -> None:
    self._states[i] = state
