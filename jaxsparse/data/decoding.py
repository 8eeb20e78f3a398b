"""A split decoded whole: from the cache, or by as many processes as cores.

Threads would take turns: what Python does for a small image takes longer than
decoding it. Processes of `multiprocessing` would run the user's script again,
or inherit JAX's threads.
"""

import contextlib
import itertools
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from jaxsparse.core.cores import usable_cores
from jaxsparse.data import cache, recorded
from jaxsparse.data.info import Info
from jaxsparse.data.records import Records

# Examples that take a second to decode; a process takes that to start.
_SHARE = 10_000
_BLOCK = 1024
_MAIN = 'from jaxsparse.data import decoding; decoding.write_share()'


def whole(records: Records, info: Info) -> cache.Cached:
  """Returns images uint8 [n, h, w, c] and labels int32 [n] of a split.

  Args:
    records: all examples of the split, whose images are of one shape.
    info: of the data set.

  Raises:
    DataError: a file is missing or damaged, or an example has no label.
  """
  split = records.split
  return cache.load(
    f'{Path(info.name).name}-{split}',
    lambda: decode(
      records, max(1, min(usable_cores(), len(records) // _SHARE))
    ),
    recorded.files(records.folder, info.splits[split]),
    split,
    PIL.__version__,
    *records.parameters,
  )


def decode(records: Records, processes: int) -> tuple[np.ndarray, np.ndarray]:
  """Reads all examples by `processes`, this one included.

  What another one does not deliver is read by this one.
  """
  size = len(records)
  arrays = (
    cache.empty((size, *records.shape), np.uint8),
    cache.empty((size,), np.int32),
  )
  bounds = [size * i // processes for i in range(processes + 1)]
  shares = list(itertools.pairwise(bounds))
  with contextlib.ExitStack() as stack:
    helpers = [stack.enter_context(_helper(records, *s)) for s in shares[1:]]
    for (begin, end), helper in zip(shares, [None, *helpers], strict=True):
      images, labels = (array[begin:end] for array in arrays)
      if helper is None or not _received(helper, images, labels):
        for i in range(0, end - begin, _BLOCK):
          rows = range(begin + i, min(begin + i + _BLOCK, end))
          images[i : i + _BLOCK], labels[i : i + _BLOCK] = records.read(rows)
  return arrays


@contextlib.contextmanager
def _helper(
  records: Records, begin: int, end: int
) -> Iterator[subprocess.Popen[bytes] | None]:
  """Starts a process that decodes a share; None where that is impossible."""
  try:
    share = pickle.dumps((records, begin, end)).hex()
    process = subprocess.Popen(
      [sys.executable, '-P', '-c', _MAIN, share],
      stdin=subprocess.DEVNULL,
      stdout=subprocess.PIPE,
      stderr=subprocess.DEVNULL,
      env=os.environ | {'PYTHONPATH': os.pathsep.join(sys.path)},
    )
  except OSError:
    yield None
    return
  with process:
    try:
      yield process
    finally:
      process.kill()


def _received(process: subprocess.Popen[bytes], *arrays: np.ndarray) -> bool:
  """Reads arrays that a process writes; returns whether they are complete."""
  output: Any = process.stdout
  complete = all(
    output.readinto(array.data.cast('B')) == array.nbytes for array in arrays
  )
  output.close()  # A process that would write more is not waited for.
  return process.wait() == 0 and complete


def write_share() -> None:
  """Decodes the share that the command line names, and writes it to stdout."""
  with os.fdopen(os.dup(1), 'wb') as out:
    os.dup2(2, 1)  # Nothing else is to get between the arrays.
    records, begin, end = pickle.loads(bytes.fromhex(sys.argv[1]))
    for array in records.read(range(begin, end)):
      out.write(array.data)
