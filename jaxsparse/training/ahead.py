"""Programs that are compiled in threads, before they are called.

XLA does not hold Python's lock while it compiles, so the host goes on. jit
itself finds what `lower(...).compile()` made for arguments of the same types. A
call waits for the threads that compile its program; what no thread has begun it
compiles itself. An error in a thread is left to the call, which meets it again.
"""

import contextlib
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import jax

from jaxsparse.core.cores import usable_cores

Threads = futures.Executor


@contextlib.contextmanager
def threads() -> Iterator[Threads]:
  """Yields threads for `Program.ahead`; what none has begun is dropped."""
  pool = futures.ThreadPoolExecutor(usable_cores())
  try:
    yield pool
  finally:
    pool.shutdown(wait=False, cancel_futures=True)


class Program:
  """A jitted function, compiled when it is called, or by `ahead` before.

  Args:
    fn: takes positional arguments.
    options: of `jax.jit`.
  """

  def __init__(self, fn: Callable[..., Any], **options: Any):
    self._jitted = jax.jit(fn, **options)
    self._begun: set[Any] = set()
    self._pending: list[futures.Future[None]] = []

  def __call__(self, *args: Any) -> Any:
    if self._pending:
      self._settle()
    return self._jitted(*args)

  def ahead(self, threads: Threads, *args: Any) -> None:
    """Begins to compile for arguments, once for each of their types.

    Args:
      threads: in which it is compiled.
      args: those of a call, or `ShapeDtypeStruct`s, with a sharding for arrays
        that are committed to a device.
    """
    leaves, structure = jax.tree.flatten(args)
    types = structure, *((leaf.shape, leaf.dtype) for leaf in leaves)
    if types not in self._begun:
      self._begun.add(types)
      self._pending.append(threads.submit(self._compile, args))

  def _compile(self, args: tuple[Any, ...]) -> None:
    self._jitted.lower(*args).compile()

  def _settle(self) -> None:
    for pending in tuple(self._pending):
      if not pending.cancel():
        futures.wait([pending])
    self._pending.clear()
