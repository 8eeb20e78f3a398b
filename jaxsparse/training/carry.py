"""Executors of a run's members, which all pass through the same programs.

A `Carrier` holds the members' states and advances them for the loop.
`OneByOne` is one; `vmapped.Vmapped` takes all members at once. The steps do not
depend on it.
"""

import os
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import jax
import numpy as np

from jaxsparse.core.types import PyTree
from jaxsparse.training.parts import Parts
from jaxsparse.training.programs import Programs
from jaxsparse.training.state import Member, TrainState

_Out = TypeVar('_Out')

Kind = Literal['advance', 'update_masks']
Rows = dict[str, Any]
# `(member, begin, end) -> int32 [end - begin, batch]`
Batches = Callable[[int, int, int], np.ndarray]


class Carry(NamedTuple):
  """The way in which the members of a run are executed.

  Attributes:
    how: 'one_by_one' or 'vmap'.
    width: members that a program takes at once; its bits depend on it.
    devices: over which they are spread.
  """

  how: str
  width: int
  devices: int


class Carrier(Protocol):
  """The members' states, numbered from 0, and the loop's operations on them."""

  def __len__(self) -> int:
    """Returns the number of members."""
    ...

  def advance(
    self, kind: Kind, alive: Sequence[int], begin: int, end: int
  ) -> list[Rows]:
    """Advances members from step `begin` to `end` by one kind of program.

    Args:
      kind: which of `Programs`.
      alive: the members to advance; the others never advance again.
      begin: the step that all have reached.
      end: for 'update_masks', `begin + 1`.

    Returns:
      For each of `alive` its metrics, numpy `[end - begin]`; a tree of numbers
      for `churn`.
    """
    ...

  def each(
    self,
    kind: Hashable,
    fn: Callable[[int, TrainState], _Out],
    which: Sequence[int],
  ) -> list[_Out]:
    """Returns `[fn(i, state of i) for i in which]`; `kind` as for `Threads`."""
    ...

  def state(self, i: int) -> TrainState:
    """Returns the state of a member, valid until the member advances."""
    ...

  def replace(self, i: int, state: TrainState) -> None:
    """Replaces the state of a member that will not advance again."""
    ...


def usable_cores() -> int:
  """Counts the cores this process may run on; all where that is unknown."""
  if hasattr(os, 'sched_getaffinity'):
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


def threads_for(members: int, dispatch: str) -> int:
  """Returns the number of members that run best at the same time.

  It is one, but for small nets on CPU: a program of theirs does not fill the
  cores. Nets that are dispatched step by step are not small.
  """
  if jax.default_backend() != 'cpu' or dispatch != 'scan':
    return 1
  return min(usable_cores(), members)


class Threads:
  """Threads that apply a function to items.

  On CPU a small net leaves cores idle, so several members may be under way at
  once: XLA computes without Python's lock. A member's results do not depend on
  it. A context manager; leaving it ends the threads.

  Args:
    threads: how many items may be under way at once, >= 1.
  """

  def __init__(self, threads: int = 1):
    if threads < 1:
      raise ValueError(f'threads is {threads}; accepted is 1 or more')
    self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
    self._begun: set[Hashable] = set()

  def __enter__(self) -> 'Threads':
    return self

  def __exit__(self, *exc: object) -> None:
    if self._pool is not None:
      self._pool.shutdown(cancel_futures=True)

  def __call__(
    self, kind: Hashable, fn: Callable[[Any], _Out], items: Sequence[Any]
  ) -> list[_Out]:
    """Returns `[fn(item) for item in items]`.

    Args:
      kind: names the program that `fn` calls. The first item of each kind
        runs alone, so that threads never compile one program twice.
      fn: a function of one item, which may not touch the state of another.
      items: of any kind, e.g. the numbers of members.
    """
    if self._pool is None or kind not in self._begun:
      self._begun.add(kind)
      head, rest = items[:1], items[1:]
    else:
      head, rest = items[:0], items
    done = [fn(item) for item in head]
    results = map(fn, rest) if self._pool is None else self._pool.map(fn, rest)
    return [*done, *results]


class OneByOne:
  """An executor that runs programs for one member, one member at a time.

  Each member's results are, to the bit, those of a run alone.

  Args:
    programs: for one member.
    states: one a member; donated.
    members: one a member.
    data: resident arrays, passed to the programs; or a function like
      `batches` that returns `Parts`.
    batches: the batches of a member.
    threads: those that members run in; one by default.
  """

  def __init__(
    self,
    programs: Programs,
    states: Sequence[TrainState],
    members: Sequence[Member],
    *,
    data: PyTree | Callable[[int, int, int], Parts],
    batches: Batches,
    threads: Threads | None = None,
  ):
    self._programs = programs
    self._states = list(states)
    self._members = members
    self._data = data
    self._batches = batches
    self._threads = threads or Threads()

  def __len__(self) -> int:
    return len(self._states)

  def advance(
    self, kind: Kind, alive: Sequence[int], begin: int, end: int
  ) -> list[Rows]:
    program = getattr(self._programs, kind)

    def one(i: int) -> Rows:
      indices = self._batches(i, begin, end)
      data = self._data
      self._states[i], rows = program(
        self._states[i],
        self._members[i],
        data(i, begin, end) if callable(data) else data,
        indices,
      )
      return rows

    return self._threads(kind, one, alive)

  def each(
    self,
    kind: Hashable,
    fn: Callable[[int, TrainState], _Out],
    which: Sequence[int],
  ) -> list[_Out]:
    return self._threads(kind, lambda i: fn(i, self._states[i]), which)

  def state(self, i: int) -> TrainState:
    return self._states[i]

  def replace(self, i: int, state: TrainState) -> None:
    self._states[i] = state
