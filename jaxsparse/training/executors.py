"""Executors of a group of runs, which all pass through the same programs.

An `Executor` holds the runs' states and advances them for the loop. `OneByOne`
takes one run after the other; `vmapped.Vmapped` takes all at once. The steps do
not depend on it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from jaxsparse.core.types import PyTree
from jaxsparse.training.parts import Parts
from jaxsparse.training.programs import Programs
from jaxsparse.training.state import Member, TrainState

Kind = Literal['advance', 'update_masks']
Rows = dict[str, Any]
# `(member, begin, end) -> int32 [end - begin, batch]`
Batches = Callable[[int, int, int], np.ndarray]


class Execution(NamedTuple):
  """The way in which a run is executed; its bits depend on it.

  Attributes:
    how: 'one_by_one' or 'vmap'.
    width: the number of runs that a program takes at once.
    devices: over which they are spread.
  """

  how: str
  width: int
  devices: int


class Executor(Protocol):
  """The states of runs, numbered from 0, and the loop's operations on them."""

  def __len__(self) -> int:
    """Returns the number of runs."""
    ...

  def advance(
    self, kind: Kind, alive: Sequence[int], begin: int, end: int
  ) -> list[Rows]:
    """Advances runs from step `begin` to `end` by one kind of program.

    Args:
      kind: which of `Programs`.
      alive: the runs to advance; the others never advance again.
      begin: the step that all have reached.
      end: for 'update_masks', `begin + 1`.

    Returns:
      For each of `alive` its metrics, numpy `[end - begin]`; a tree of numbers
      for `churn`.
    """
    ...

  def state(self, i: int) -> TrainState:
    """Returns the state of a run, valid until the run advances."""
    ...

  def replace(self, i: int, state: TrainState) -> None:
    """Replaces the state of a run that will not advance again."""
    ...


class OneByOne:
  """An executor that advances one run after the other.

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
