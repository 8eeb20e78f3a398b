"""Batches made by other processes, which end with the one that asked."""

import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import pytest

from jaxsparse import data
from jaxsparse.data import order
from jaxsparse.data.stream import RowBatches, Stream, TrainBatches

ROOT = pathlib.Path(__file__).parents[2]
WORDS, STEPS, BATCH = (5, 11), 13, 200

# What a run does: takes batches, gets a signal that reaches all of its group,
# takes more, is killed.
PROGRAM = """
import json, multiprocessing, os, signal, sys, time
from tests_stream import batches, fingerprint
from jaxsparse.data.stream import Stream

if __name__ == '__main__':
  stream = Stream(batches(sys.argv[1]), 2)
  seen = [fingerprint(*batch) for batch in stream.take(4, 7)]
  workers = [child.pid for child in multiprocessing.active_children()]
  for pid in workers:
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
  seen += [fingerprint(*batch) for batch in stream.take(7, 9)]
  print(json.dumps([workers, seen]), flush=True)
  time.sleep(600)
"""


def batches(folder, batch_size=BATCH):
  records = data.load('digits', data_dir=folder, source='stream')
  return TrainBatches(
    records.train.images.records,
    words=WORDS,
    crop_words=(1,),
    batch_size=batch_size,
    num_steps=STEPS,
  )


def fingerprint(images, labels):
  return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('tfds')
  data.load('digits', data_dir=folder)
  return folder


@pytest.fixture(scope='module')
def expected(folder):
  """Images and labels of each step, of data that are resident."""
  train = data.load('digits', data_dir=folder).train
  rows = order.batch_indices(WORDS, len(train.labels), BATCH, 0, STEPS)
  return [(train.images[r], train.labels[r]) for r in rows]


@pytest.mark.parametrize('workers', [0, 1])
def test_a_stream_begins_anywhere_and_goes_on(folder, expected, workers):
  with Stream(batches(folder), workers) as stream:
    ranges = [(0, 2), (2, 2), (2, 5), (11, 13)]
    for begin, end in ranges if workers == 0 else ranges[-1:]:
      got = list(stream.take(begin, end))
      assert len(got) == end - begin
      for batch, (images, labels) in zip(got, expected[begin:end], strict=True):
        np.testing.assert_array_equal(batch.images, images)
        np.testing.assert_array_equal(batch.labels, labels)
        assert (batch.images.dtype, batch.labels.dtype) == (np.uint8, np.int32)
  assert not multiprocessing.active_children()


def test_rows_as_they_are_given(folder, expected):
  records = data.load('digits', data_dir=folder, source='stream').train
  rows = np.array([[3, 1], [2, 0], [1400, 3]])
  with Stream(RowBatches(records.images.records, rows), 0) as stream:
    got = [batch.labels.tolist() for batch in stream.take(0, 3)]
  labels = data.load('digits', data_dir=folder).train.labels
  assert got == labels[rows].tolist()


@pytest.fixture
def scratch(tmp_path, monkeypatch):
  """Where workers put batches."""
  path = tmp_path / 'scratch'
  path.mkdir()
  monkeypatch.setattr(tempfile, 'tempdir', str(path))
  return path


def in_time(call):
  """Calls it in a thread that may take 20 s; what it raised, if it did."""
  with concurrent.futures.ThreadPoolExecutor() as pool:
    return pool.submit(call).exception(20)


@pytest.mark.slow
def test_a_stream_may_end_at_any_time(folder, scratch):
  """Of batches longer than the 64 kB that a pipe holds."""
  large = batches(folder, batch_size=1400)
  assert large[0][0].nbytes > 1 << 16
  for taken in (1, 2, 4):
    stream = Stream(large, 2)
    assert len(list(stream.take(0, taken))) == taken
    time.sleep(0.02 * taken)
    assert in_time(stream.close) is None
    assert not list(scratch.iterdir())
  assert not multiprocessing.active_children()


def test_workers_that_are_starting_leave_signals_to_their_parent(
  folder, expected
):
  struck, over = set(), threading.Event()

  def strike():
    while not over.wait(0.01):
      for worker in multiprocessing.active_children():
        os.kill(worker.pid, signal.SIGTERM)
        os.kill(worker.pid, signal.SIGINT)
        struck.add(worker.pid)

  with Stream(batches(folder), 2) as stream:
    thread = threading.Thread(target=strike)
    thread.start()
    try:
      got = [fingerprint(*batch) for batch in stream.take(0, 4)]
    finally:
      over.set()
      thread.join()
  assert len(struck) == 2
  assert got == [fingerprint(*batch) for batch in expected[:4]]


def test_a_worker_that_is_killed_is_told_and_not_waited_for(folder, scratch):
  with Stream(batches(folder, batch_size=1400), 2) as stream:
    list(stream.take(0, 2))
    multiprocessing.active_children()[0].kill()
    error = in_time(lambda: list(stream.take(2, STEPS)))
    assert isinstance(error, ChildProcessError)
    assert 'data.workers' in str(error)
    assert 'exit code -9' in str(error)
    assert in_time(stream.close) is None
    # It may be asked again.
    assert len(list(stream.take(2, 4))) == 2
  assert not list(scratch.iterdir())
  assert not multiprocessing.active_children()


def test_a_full_disk_is_told_with_the_folder(folder, scratch):
  large = Limited(batches(folder, batch_size=1400))
  told = f'{scratch}/jaxsparse_batches_.* cannot be written there; TMPDIR'
  with Stream(large, 1) as stream, pytest.raises(OSError, match=told):
    list(stream.take(0, 1))


class Limited:
  """Batches whose process may not write files above 10 kB."""

  def __init__(self, batches):
    self._batches = batches

  def __len__(self):
    return len(self._batches)

  def __getitem__(self, number):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    return self._batches[number]


def test_workers_end_with_a_parent_that_is_killed(folder, expected, tmp_path):
  (tmp_path / 'program.py').write_text(PROGRAM)
  module = pathlib.Path(__file__).read_text()
  (tmp_path / 'tests_stream.py').write_text(module)
  environment = os.environ | {'PYTHONPATH': f'{ROOT}{os.pathsep}{tmp_path}'}
  parent = subprocess.Popen(
    [sys.executable, tmp_path / 'program.py', folder],
    env=environment,
    stdout=subprocess.PIPE,
    text=True,
  )
  try:
    workers, seen = json.loads(parent.stdout.readline())
    assert len(workers) == 2
    assert seen == [fingerprint(*batch) for batch in expected[4:9]]
    assert all(map(alive, workers))
  finally:
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
  deadline = time.monotonic() + 120
  while any(map(alive, workers)) and time.monotonic() < deadline:
    time.sleep(0.1)
  assert not any(map(alive, workers))


def alive(pid):
  """Whether a process is there, and no zombie."""
  try:
    state = pathlib.Path(f'/proc/{pid}/stat').read_text()
  except FileNotFoundError:
    return False
  return state.rpartition(')')[2].split()[0] != 'Z'
