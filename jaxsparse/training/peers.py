"""Connections of the first of several processes with each of the others.

A process that is gone is seen by its closed connection, at once and whatever
this one is doing; it then ends with the exit code that says so, before JAX's
own service aborts it. Messages are of any size, and a wait for one may last for
hours, where a collective operation on CPU fails after half an hour.
"""

import contextlib
import json
import multiprocessing
import os
import queue
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection
from typing import Any

import jax
from jax._src import distributed

from jaxsparse.errors import PEER_LOST
from jaxsparse.training import processes

_REFUSED = (OSError, EOFError, multiprocessing.AuthenticationError)
# Seconds that stand for no limit, and for an answer of whoever has connected.
_LONG, _STRANGER = 10**6, 5.0

# The message that asks a process to stop.
STOP = {'stop': True}
_received: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
_connections: list[Any] = []
_ending = threading.Event()


@contextlib.contextmanager
def connected(patience: float, stop: Callable[[], None]) -> Iterator[None]:
  """Connects the processes of `processes.begin`, if there are several.

  A process that is gone before it has left this block ends the others.

  Args:
    patience: seconds to wait for all connections; 0 for no limit.
    stop: called in a thread where another process asks this one to stop.
  """
  global _connections
  if not processes.several():
    yield
    return
  # JAX has no public name for the one address that all can reach.
  address = str(distributed.global_state.coordinator_address)
  host = address.rpartition(':')[0].strip('[]')
  try:
    _connections = (
      _accepted(patience or _LONG)
      if processes.is_first()
      else [_opened(host, patience or _LONG)]
    )
  except _REFUSED as error:
    processes.leave(f'no connection by way of {host}: {error}', code=1)
  threading.Thread(target=_read, args=(stop,), daemon=True).start()
  try:
    yield
  finally:
    _ending.set()


def _close_in_child() -> None:
  # A forked worker would hold the connections of a process that was killed.
  for peer in _connections:
    peer.close()


os.register_at_fork(after_in_child=_close_in_child)


def _accepted(patience: float) -> list[Any]:
  """Returns the connections of the first process."""
  key, others = secrets.token_hex(), jax.process_count() - 1
  accepted: list[Any] = []
  limit = time.monotonic() + patience
  with _server() as server:
    processes.shared({'port': server.getsockname()[1], 'key': key})
    while len(accepted) < others:
      server.settimeout(max(limit - time.monotonic(), 0.001))
      peer, _ = server.accept()
      with contextlib.suppress(*_REFUSED):  # Somebody else tries the port.
        accepted.append(
          _trusted(
            peer,
            key.encode(),
            (connection.deliver_challenge, connection.answer_challenge),
            seconds=_STRANGER,
          )
        )
  return accepted


def _server() -> socket.socket:
  both = socket.has_dualstack_ipv6()
  family = socket.AF_INET6 if both else socket.AF_INET
  return socket.create_server(('', 0), family=family, dualstack_ipv6=both)


def _opened(host: str, patience: float) -> Any:
  """Returns the connection of another process with the first."""
  where = processes.shared({})
  return _trusted(
    socket.create_connection((host, where['port']), patience),
    where['key'].encode(),
    (connection.answer_challenge, connection.deliver_challenge),
    seconds=patience,
  )


def _trusted(
  peer: socket.socket,
  key: bytes,
  handshake: Sequence[Callable[[Any, bytes], None]],
  seconds: float,
) -> Any:
  """Returns a connection whose other end has the key.

  Args:
    peer: the new connection.
    key: of these processes.
    handshake: what proves it, in turn.
    seconds: how long each answer is waited for.
  """
  peer.settimeout(None)  # The kernel's limit, which is kept below Python.
  _limit(peer, seconds)
  _keep_alive(peer)
  trusted = connection.Connection(peer.detach())
  for prove in handshake:
    prove(trusted, key)
  with socket.socket(fileno=os.dup(trusted.fileno())) as same:
    _limit(same, 0)
  return trusted


def _limit(peer: socket.socket, seconds: float) -> None:
  """Limits each wait for data; 0 for no limit."""
  limit = struct.pack('ll', int(seconds), int(seconds % 1 * 1e6))
  peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)


def _keep_alive(peer: socket.socket) -> None:
  """Has the kernel see a lost host, and routers a connection in use."""
  peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
  if hasattr(socket, 'TCP_KEEPIDLE'):  # By default two hours.
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)


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


def _read(stop: Callable[[], None]) -> None:
  peer: Any
  while True:
    for peer in connection.wait(_connections):
      try:
        content = json.loads(peer.recv_bytes())
      except (EOFError, OSError):
        if not _ending.is_set():
          processes.leave('another process is gone', PEER_LOST)
        return
      if content == STOP:
        stop()
      else:
        _received.put(content)
