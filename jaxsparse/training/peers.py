"""Connections of the first of several processes with each of the others.

A process that is gone is seen by its closed connection, at once and whatever
this one is doing; it then ends with the exit code that says so, before JAX's
own service aborts it. Messages are of any size, and a wait for one may last for
hours, where a collective operation on CPU fails after half an hour.
"""

import contextlib
import json
import multiprocessing
import queue
import secrets
import threading
from collections.abc import Iterator
from multiprocessing import connection
from typing import Any

import jax
from jax._src import distributed

from jaxsparse.errors import PEER_LOST
from jaxsparse.training import processes

_REFUSED = (OSError, EOFError, multiprocessing.AuthenticationError)

_received: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
_connections: list[Any] = []
_ending = threading.Event()


@contextlib.contextmanager
def connected() -> Iterator[None]:
  """Connects the processes of `processes.begin` while all are in this block."""
  global _connections
  # JAX has no public name for the one address that all can reach.
  host = str(distributed.global_state.coordinator_address).rpartition(':')[0]
  try:
    _connections = _accepted() if processes.is_first() else [_opened(host)]
  except _REFUSED as error:
    processes.leave(f'no connection with process 0 on {host}: {error}', code=1)
  threading.Thread(target=_read, daemon=True).start()
  try:
    yield
  finally:
    _ending.set()


def _accepted() -> list[Any]:
  """Returns the connections of the first process."""
  key, others = secrets.token_hex(), jax.process_count() - 1
  accepted: list[Any] = []
  with connection.Listener(('', 0), None, others, key.encode()) as listener:
    processes.shared({'port': listener.address[1], 'key': key})
    while len(accepted) < others:
      with contextlib.suppress(*_REFUSED):  # Somebody else tries the port.
        accepted.append(listener.accept())
  return accepted


def _opened(host: str) -> Any:
  """Returns the connection of another process with the first."""
  where = processes.shared({})
  return connection.Client((host, where['port']), authkey=where['key'].encode())


def send(content: dict[str, Any]) -> None:
  """Sends what JSON can hold to the others, or from these to the first."""
  for peer in _connections:
    with contextlib.suppress(OSError):  # It is gone, which `_read` sees too.
      peer.send_bytes(json.dumps(content).encode())


def receive(timeout: float) -> dict[str, Any] | None:
  """Returns the next message; `None` if none has come for so many seconds."""
  try:
    return _received.get(timeout=timeout)
  except queue.Empty:
    return None


def have_sent() -> bool:
  """Returns whether there is a message to be received."""
  return not _received.empty()


def _read() -> None:
  peer: Any
  while True:
    for peer in connection.wait(_connections):
      try:
        _received.put(json.loads(peer.recv_bytes()))
      except (EOFError, OSError):
        if not _ending.is_set():
          processes.leave('another process is gone', PEER_LOST)
        return
