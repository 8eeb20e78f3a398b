"""Decoded arrays: made once, never those of other files, never damaged ones."""

import concurrent.futures
import errno
import mmap
import os
import shutil
import threading

import numpy as np
import pytest

from jaxsparse.data import cache


def arrays():
  images = np.arange(24, dtype=np.uint8).reshape(4, 3, 2, 1)
  return images, np.array([3, -1, 4, 1], np.int32)


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
  monkeypatch.setenv('JAXSPARSE_CACHE_DIR', str(tmp_path / 'cache'))
  cache._report.cache_clear()
  return tmp_path / 'cache'


@pytest.fixture
def source(tmp_path):
  path = tmp_path / 'shard'
  path.write_bytes(b'some')
  return path


class Loader:
  """Loads, and counts how often arrays are made."""

  made = 0

  def __call__(self, source, *parameters):
    cached = cache.load('digits-train', self._make, [source], *parameters)
    for array, expected in zip(cached.arrays, arrays(), strict=True):
      np.testing.assert_array_equal(array, expected)
      assert array.dtype == expected.dtype
      assert not array.flags.writeable
    return cached

  def _make(self):
    self.made += 1
    return arrays()


@pytest.fixture
def load():
  return Loader()


def test_arrays_are_made_once(load, source, root):
  first, second = load(source), load(source)
  assert load.made == 1
  assert first.fingerprint == second.fingerprint
  assert first.fingerprint.startswith('4 examples, ')
  (file,) = (root / 'data').iterdir()
  assert file.name.startswith('digits-train-')


def test_arrays_of_the_cache_begin_at_a_page(load, source):
  load(source)
  for array in load(source).arrays:
    assert array.ctypes.data % mmap.PAGESIZE == 0


def test_a_file_with_other_bytes_of_the_same_size_and_time(load, source):
  load(source)
  before = source.stat()
  source.write_bytes(b'same')
  os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
  load(source)
  assert load.made == 2


def test_other_parameters(load, source):
  for parameters in ((), ('train',), ('test',), ('train', 3), ('train', '3')):
    load(source, *parameters)
  assert load.made == 5


def test_a_copy_of_the_files_has_the_same_arrays(load, source, tmp_path):
  load(source)
  (tmp_path / 'copy').mkdir()
  load(shutil.copy(source, tmp_path / 'copy') and tmp_path / 'copy' / 'shard')
  assert load.made == 1


def test_damage_of_any_byte_is_noticed(load, source, root):
  load(source)
  (file,) = (root / 'data').iterdir()
  whole = file.read_bytes()
  for i in range(len(whole)):
    damaged = bytearray(whole)
    damaged[i] ^= 1 << i % 8
    file.write_bytes(damaged)
    load(source)  # Compares with the arrays that were made.


@pytest.mark.parametrize('length', [0, 1, 100, 200, 350, -1])
def test_a_file_cut_short_is_made_again(load, source, root, length):
  load(source)
  (file,) = (root / 'data').iterdir()
  whole = file.read_bytes()
  file.write_bytes(whole[:length])
  load(source)
  assert load.made == 2
  assert file.read_bytes() == whole


def test_a_file_that_goes_on_is_made_again(load, source, root):
  load(source)
  (file,) = (root / 'data').iterdir()
  file.write_bytes(file.read_bytes() + b'more')
  load(source)
  assert load.made == 2


def test_a_cache_that_cannot_be_written_is_one_line(load, source, root, caplog):
  root.write_text('a file where a folder would be')
  load(source)
  load(source, 'another')
  assert load.made == 2
  (line,) = caplog.messages
  assert str(root) in line
  assert 'JAXSPARSE_CACHE_DIR' in line


def test_a_full_disk_leaves_nothing(load, source, root, caplog, monkeypatch):
  usual = np.save

  def full(file, array):
    usual(file, array)
    if array.ndim:
      raise OSError(errno.ENOSPC, 'No space left on device')

  monkeypatch.setattr(np, 'save', full)
  load(source)
  assert not list((root / 'data').iterdir())
  assert 'No space left' in caplog.text


def test_a_user_without_a_home(load, source, monkeypatch):
  def homeless():
    raise OSError('no folder for a cache')

  monkeypatch.setattr(cache.user_cache, 'root', homeless)
  load(source)
  load(source)
  assert load.made == 2


def test_what_is_missing_is_for_those_to_say_who_read_it(tmp_path):
  def make():
    raise FileNotFoundError('no shard 3')

  with pytest.raises(FileNotFoundError, match='no shard 3'):
    cache.load('digits', make, [tmp_path / 'missing'])


def test_two_at_once(source, root):
  together = threading.Barrier(2)

  def make():
    together.wait()
    return arrays()

  with concurrent.futures.ThreadPoolExecutor(2) as pool:
    loads = [pool.submit(cache.load, 'a', make, [source]) for _ in range(2)]
  assert loads[0].result().fingerprint == loads[1].result().fingerprint
  (file,) = (root / 'data').iterdir()
  assert cache._read(file) is not None
