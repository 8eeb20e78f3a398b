"""Metrics to disk: `metrics.jsonl` and TensorBoard events.

One line a logged step: `pandas.read_json(path, lines=True)` is a table. Nothing
in it depends on the clock, so the file of a run that was killed and resumed is
that of a run that never was. A value that is not finite is `null`, as JSON has
no other word for it. In a bucket both are objects, which `sync` uploads whole.
"""

import json
import math
import os
import pathlib
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

from jaxsparse import storage


class MetricsWriter:
  """Appends records; each is on its way to disk when `write` returns.

  Events are written synchronously. tensorboardX's `SummaryWriter` does it in a
  thread, which ends without a word where a disk is full; the run then waits
  for it for ever. Its `EventsWriter` waits for the disk at each record.

  Args:
    workdir: of the run; holds `metrics.jsonl` and `tensorboard/`.
    step: the step of the run; -1 for a fresh start. Lines beyond it,
      left by a run that was killed after its last checkpoint, are cut.
  """

  def __init__(self, workdir: str | os.PathLike[str], *, step: int):
    from tensorboardX.proto.event_pb2 import SessionLog

    root = storage.absolute(workdir)
    self._path = root / 'metrics.jsonl'
    cut_back(self._path, step)
    self._file = storage.appended(self._path)
    board = root / 'tensorboard'
    board.mkdir(parents=True, exist_ok=True)
    # Files are named by the second, and a run may be started twice in one.
    second, host = int(time.time()), socket.gethostname()
    name = f'events.out.tfevents.{second}.{host}.{os.getpid()}'
    self._board = storage.appended(board / name)
    self._event(0, file_version='brain.Event:2')
    # TensorBoard hides what an earlier process wrote from this step on.
    self._event(step + 1, session_log=SessionLog(status=SessionLog.START))

  def __enter__(self) -> 'MetricsWriter':
    return self

  def __exit__(self, *exc: object) -> None:
    self.close()

  def write(self, record: dict[str, Any]) -> None:
    """Writes one record with an entry `step`."""
    from tensorboardX import summary

    line = json.dumps(_finite(record), allow_nan=False) + '\n'
    self._file.write(line.encode())
    self._file.flush()
    for name, value in scalars(record):
      self._event(record['step'], summary=summary.scalar(name, value))
    self._board.flush()

  def sync(self) -> None:
    """Uploads both to a bucket; files on a disk are flushed as they go."""
    storage.upload(self._file)
    storage.upload(self._board)

  def close(self) -> None:
    """Closes both files."""
    try:
      self.sync()
    finally:
      self._file.close()
      self._board.close()

  def _event(self, step: int, **content: Any) -> None:
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c

    event = Event(step=step, wall_time=time.time(), **content)
    size = struct.pack('<Q', event.ByteSize())
    for part in (size, event.SerializeToString()):
      self._board.write(part + struct.pack('<I', masked_crc32c(part)))


def read(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
  """Reads the records of a `metrics.jsonl`, but no half-written last line.

  Raises:
    ValueError: another line cannot be read.
  """
  records = []
  lines = storage.absolute(path).read_text(encoding='utf-8').splitlines()
  for number, line in enumerate(lines, 1):
    try:
      record = json.loads(line)
      record.pop('replicate', None)  # Of earlier versions, always 0.
      if 'accuracy' in record:  # Of earlier versions.
        record['train_accuracy'] = record.pop('accuracy')
      records.append(record)
    except json.JSONDecodeError as error:
      if number < len(lines):
        raise ValueError(f'{path}, line {number}: {error}') from None
  return records


def cut_back(path: pathlib.Path, step: int) -> None:
  """Keeps the records up to and including `step`, in one atomic write."""
  if not path.exists():
    return
  remaining = [r for r in read(path) if r['step'] <= step]
  lines = ''.join(json.dumps(r) + '\n' for r in remaining)
  storage.write_atomic(path, lines)


def _finite(value: Any) -> Any:
  """Returns `value` with `None` for each number that is not finite."""
  if isinstance(value, dict):
    return {k: _finite(v) for k, v in value.items()}
  if isinstance(value, float) and not math.isfinite(value):
    return None
  return value


def scalars(record: dict[str, Any]) -> Iterator[tuple[str, float]]:
  """Yields names and values; those of a layer as `entry/layer`."""
  for name, value in record.items():
    if name == 'step':
      continue
    if isinstance(value, dict):
      for path, number in value.items():
        yield f'{name}/{path}', number
    else:
      yield name, value
