"""Folders for batches: found empty, locked, and not left behind for ever."""

import os
import subprocess
import sys
import tempfile
import time

import pytest

from jaxsparse.data import scratch

# What dies without a word.
KILLED = """
import os, sys, tempfile
from jaxsparse.data import scratch
tempfile.tempdir = sys.argv[1]
with scratch.folder() as folder:
  (folder / '7').write_bytes(b'batch')
  os._exit(9)
"""
HOUR = 3600


@pytest.fixture
def temporary(tmp_path, monkeypatch):
  monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
  return tmp_path


def aged(path):
  os.utime(path, (time.time() - HOUR,) * 2)


def test_it_is_gone_with_what_is_in_it(temporary):
  with scratch.folder() as folder:
    assert list(temporary.iterdir()) == [folder]
    (folder / '3').write_bytes(b'batch')
  assert not list(temporary.iterdir())


def test_what_a_killed_process_left_goes_once_it_is_old(temporary):
  done = subprocess.run([sys.executable, '-c', KILLED, temporary])
  assert done.returncode == 9
  (left,) = temporary.iterdir()
  with scratch.folder():
    assert (left / '7').exists()  # It may be somebody's that just begins.
  aged(left)
  with scratch.folder():
    assert not left.exists()


def test_what_is_in_use_or_something_else_stays(temporary):
  other = temporary / 'jaxsparse_batches_of_mine'
  other.mkdir()
  (other / 'notes').write_text('mine')
  (temporary / 'jaxsparse-main').mkdir()
  with scratch.folder() as folder:
    (folder / '3').write_bytes(b'batch')
    for path in temporary.iterdir():
      aged(path)
    with scratch.folder():
      assert (folder / '3').exists()
  names = sorted(path.name for path in temporary.iterdir())
  assert names == ['jaxsparse-main', 'jaxsparse_batches_of_mine']
  assert (other / 'notes').exists()
