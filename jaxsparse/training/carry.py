"""How the members of a run are carried through the same programs.

One after the other by default. On CPU a small net leaves cores idle, so
several members may be under way at once, each in a thread of its own: XLA
computes without Python's lock. What a member computes does not depend on it.
"""

import os
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_Out = TypeVar('_Out')


def usable_cores() -> int:
  """Cores that this process may run on; not every system tells."""
  if hasattr(os, 'sched_getaffinity'):
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


class Carrier:
  """Applies a function to each of some members, in as many threads as given.

  A context manager; leaving it ends the threads.

  Args:
    threads: how many members may be under way at once, >= 1.
  """

  def __init__(self, threads: int = 1):
    if threads < 1:
      raise ValueError(f'threads is {threads}; accepted is 1 or more')
    self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
    self._begun: set[Hashable] = set()

  def __enter__(self) -> 'Carrier':
    return self

  def __exit__(self, *exc: object) -> None:
    if self._pool is not None:
      self._pool.shutdown(cancel_futures=True)

  def __call__(
    self, kind: Hashable, fn: Callable[[Any], _Out], items: Sequence[Any]
  ) -> list[_Out]:
    """`[fn(item) for item in items]`.

    Args:
      kind: names the program that `fn` calls. The first item of each kind is
        carried alone, so that threads never compile one program twice.
      fn: what is done with an item; it may touch nothing of another's.
      items: of any kind, e.g. the numbers of members.
    """
    if self._pool is None or kind not in self._begun:
      self._begun.add(kind)
      head, rest = items[:1], items[1:]
    else:
      head, rest = items[:0], items
    done = [fn(item) for item in head]
    more = map(fn, rest) if self._pool is None else self._pool.map(fn, rest)
    return [*done, *more]
