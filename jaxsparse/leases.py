"""One writer a folder of a bucket, by an object that its holder renews.

`<folder>/.lock` names its holder, who renews it every `RENEWAL` seconds. Each
change is conditional on the generation that was read before: of two processes
that create it, or take it over, the store lets one through. A holder that was
killed, or lost its machine, leaves it behind. Another process waits until it
is renewed, and is then refused, or until it was not for `STALE` seconds, and
then takes it over.

A holder writes nothing once it has seen another's token, or has not renewed its
own for `STALE` seconds. What it had begun to write before may still land after
that: an upload under way cannot be called back.
"""

import contextlib
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from jaxsparse.errors import SaveFailed, WorkdirBusy

RENEWAL = 20.0
STALE = 180.0
_NAME = '.lock'
_RECENT = 2.0  # A store takes about one write a second to one object.
_ANSWER = 60.0  # Seconds; without a network the client tries on for ever.
_log = logging.getLogger(__name__)
_held: dict[str, '_Lease'] = {}


def is_remote(path: str | os.PathLike[str]) -> bool:
  """Returns whether a path is a URL, as that of a bucket is."""
  return '://' in os.fspath(path)


@contextlib.contextmanager
def lease(folder: str) -> Iterator[None]:
  """Holds `folder`, a URL without a final slash, for this process alone.

  Raises:
    WorkdirBusy: another process holds it; names its host and pid.
    ValueError: the folder cannot be written.
  """
  held = _Lease(folder)
  try:
    held.acquire()
  except WorkdirBusy:
    raise
  except Exception as error:
    raise ValueError(f'{folder} cannot be written: {_line(error)}') from error
  _held[folder] = held
  try:
    yield
  finally:
    del _held[folder]
    held.release()


def verify(path: str) -> None:
  """Checks that this process still holds the folders above `path` that it held.

  Raises:
    SaveFailed: another process took one over, or it could not be renewed.
  """
  for folder, held in tuple(_held.items()):
    if path.startswith(f'{folder}/'):
      held.verify()


def holder(folder: str) -> str:
  """Names the holder of `folder`: 'pid 123 on HOST', or '' if none is alive."""
  owner, _ = _Lease(folder).read()
  return _named(owner) if owner and _fresh(owner) else ''


class _Lease:
  """The lock of one folder, and the thread that renews it."""

  def __init__(self, folder: str):
    import tensorstore

    self._folder = folder
    self._store = tensorstore.KvStore.open(f'{folder}/').result()
    self._owner = {
      'host': socket.gethostname(),
      'pid': os.getpid(),
      'token': uuid.uuid4().hex,
    }
    self._generation = b''
    self._renewed = 0.0
    self._lost = ''
    self._one_at_a_time = threading.Lock()
    self._ended = threading.Event()

  def read(self) -> tuple[dict[str, Any] | None, bytes]:
    """Returns the owner that the lock names, or `None`, and its generation."""
    stored = self._store.read(_NAME).result(_ANSWER)
    owner = json.loads(stored.value) if stored.state == 'value' else None
    return owner, stored.stamp.generation

  def acquire(self) -> None:
    """Creates the lock, or takes it over once it is stale."""
    began, first = time.monotonic(), None
    while True:
      owner, generation = self.read()
      unchanged = first == generation and time.monotonic() - began > STALE
      if owner is None or unchanged or not _fresh(owner):
        if self._write(generation):
          break
      elif first is None:
        first = generation
        _log.info(
          '%s is locked by %s; waiting for it to renew that, or to be gone',
          *(self._folder, _named(owner)),
        )
      elif first != generation:
        raise WorkdirBusy(
          f'{self._folder} is in use by another run ({_named(owner)});'
          ' wait for it, or choose another directory'
        )
      else:
        time.sleep(RENEWAL / 4)
    threading.Thread(target=self._renew_often, daemon=True).start()

  def verify(self) -> None:
    """Renews the lock, if need be, and raises `SaveFailed` if it is lost."""
    if time.monotonic() - self._renewed > _RECENT:
      self._renew()
    if not self._lost and time.monotonic() - self._renewed > STALE:
      self._lost = f'could not be renewed for {STALE:.0f} seconds'
    if self._lost:
      raise SaveFailed(
        f'the lock of {self._folder} {self._lost}; nothing more is written'
      )

  def release(self) -> None:
    """Removes the lock, unless it is another's."""
    self._ended.set()
    with self._one_at_a_time:
      try:
        removal = self._store.write(_NAME, None, if_equal=self._generation)
        removal.result(_ANSWER)
      except Exception as error:
        _log.warning('%s stays locked: %s', self._folder, _line(error))

  def _renew_often(self) -> None:
    while not self._ended.wait(RENEWAL) and not self._lost:
      self._renew()

  def _renew(self) -> None:
    """Renews the lock; notes if it is another's, and logs errors."""
    with self._one_at_a_time:
      if self._ended.is_set() or self._lost:
        return
      try:
        if not self._write(self._generation):
          self._adopt()
      except Exception as error:
        _log.warning(
          'the lock of %s was not renewed: %s', self._folder, _line(error)
        )

  def _adopt(self) -> None:
    # A write that was repeated because its answer was lost finds its own.
    owner, generation = self.read()
    if owner is not None and owner.get('token') == self._owner['token']:
      self._generation = generation
    else:
      by = f'taken over by {_named(owner)}' if owner else 'removed'
      self._lost = f'was {by}'

  def _write(self, generation: bytes) -> bool:
    """Writes the lock if it has a generation; returns whether it had."""
    began = time.monotonic()
    content = json.dumps({**self._owner, 'renewed': time.time()}).encode()
    stamp = self._store.write(_NAME, content, if_equal=generation).result(
      _ANSWER
    )
    if not stamp.generation:
      return False
    self._generation, self._renewed = stamp.generation, began
    return True


def _fresh(owner: dict[str, Any]) -> bool:
  """Returns whether a holder renewed its lock of late, by its own clock."""
  return time.time() - owner.get('renewed', 0) < STALE


def _named(owner: dict[str, Any]) -> str:
  return f'pid {owner.get("pid")} on {owner.get("host")}'


def _line(error: Exception) -> str:
  if isinstance(error, TimeoutError):
    return f'no answer for {_ANSWER:.0f} seconds'
  return f'{type(error).__name__}: {str(error).partition(chr(10))[0]}'
