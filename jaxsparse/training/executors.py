"""Executors of a group of runs, which all pass through the same programs.

An `Executor` holds the runs' states and advances them for the loop. `OneByOne`
takes one run after the other, `Vmapped` takes all at once. The steps do not
depend on it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from jaxsparse.training.state import TrainState

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
