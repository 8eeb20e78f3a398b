"""Whole splits, decoded by several processes, are those decoded one by one."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from jaxsparse import data
from jaxsparse.data import decoding, image_folders, prepared, recorded
from jaxsparse.data.records import Records

TEST_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
HEAVY = ('tensorflow_datasets', 'grain', 'sklearn', 'tensorflow')
# Imports what a run imports, loads, and says which packages that needed.
START = f"""
import json, sys
import jaxsparse.runs.train
from jaxsparse import data
data.load('digits', data_dir=sys.argv[1])
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
"""


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('tfds')
  data.load('digits', data_dir=folder)
  return folder


@pytest.fixture
def records(folder):
  where = prepared.locate('digits', folder)
  return Records(where, 'train', 7, 1400, shape=(8, 8, 1))


def one_by_one(records):
  reads = [records.read([i]) for i in range(len(records))]
  return [np.concatenate(arrays) for arrays in zip(*reads, strict=True)]


def assert_same(arrays, expected):
  for ours, theirs in zip(arrays, expected, strict=True):
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def test_shares_are_put_together(records, monkeypatch):
  monkeypatch.setattr(Records, 'read', decoding_share_of(3, records))
  arrays = decoding.decode(records, 3)
  assert_same(arrays, one_by_one(records))
  assert not any(array.ctypes.data % 64 for array in arrays)


def decoding_share_of(processes, records):
  """`read` that refuses what other processes are to decode."""
  usual, most = Records.read, len(records) // processes

  def read(self, rows, box_of=None):
    assert len(rows) == 1 or max(rows) < most
    return usual(self, rows, box_of)

  return read


@pytest.mark.parametrize(
  'program',
  [
    'raise SystemExit(3)',
    'print("not enough")',
    'import os; os.write(1, b"x" * 9**7); os._exit(9)',
  ],
)
def test_what_a_process_does_not_deliver_is_read(records, monkeypatch, program):
  monkeypatch.setattr(decoding, '_MAIN', program)
  assert_same(decoding.decode(records, 2), one_by_one(records))


def test_where_no_process_can_be_started(records, monkeypatch):
  monkeypatch.setattr(sys, 'executable', '/no/python')
  assert_same(decoding.decode(records, 4), one_by_one(records))


def test_a_second_start_imports_no_library_to_read_data(folder):
  done = subprocess.run(
    [sys.executable, '-c', START, folder],
    capture_output=True,
    text=True,
    check=True,
  )
  assert json.loads(done.stdout) == []


@pytest.mark.skipif(not TEST_DATA, reason='JAXSPARSE_TEST_DATA is not set')
def test_mnist_is_what_tfds_decodes_it_to(tmp_path, monkeypatch):
  monkeypatch.setenv('JAXSPARSE_CACHE_DIR', str(tmp_path))
  folder = prepared.locate('mnist', TEST_DATA)
  info = recorded.read(folder)
  records = image_folders.reader(folder, info, 'test', 0, 10_000)
  first, second = (decoding.whole(records, info) for _ in range(2))
  # What runs before there was a cache have in their config.json.
  assert first.fingerprint == second.fingerprint == '10,000 examples, 25aa09a6'
  source = tfds.builder_from_directory(folder).as_data_source('test')
  for i in range(0, 10_000, 10):
    for images, labels in (first.arrays, second.arrays):
      np.testing.assert_array_equal(images[i], source[i]['image'])
      assert labels[i] == source[i]['label']
