import os
import pathlib
import signal
import subprocess
import sys

import pytest

from jaxsparse.errors import WorkdirBusy
from jaxsparse.locks import lock

ROOT = pathlib.Path(__file__).parents[1]

HOLD = """
import sys, time
from jaxsparse.locks import lock
with lock(sys.argv[1]):
  print('held', flush=True)
  time.sleep(600)
"""

HOLD_AND_FORK = """
import os, sys, time
from jaxsparse.locks import lock
with lock(sys.argv[1]):
  child = os.fork()
  if child:
    print(child, flush=True)
  time.sleep(600)
"""

TAKE = """
import sys
from jaxsparse.errors import WorkdirBusy
from jaxsparse.locks import lock
try:
  with lock(sys.argv[1]):
    print('held')
except WorkdirBusy as error:
  print(error)
"""


def start(code, directory):
  return subprocess.Popen(
    [sys.executable, '-c', code, str(directory)],
    stdout=subprocess.PIPE,
    text=True,
    env={**os.environ, 'PYTHONPATH': str(ROOT)},
  )


def take(directory):
  """What another process says that takes the lock and lets it go."""
  return start(TAKE, directory).communicate(timeout=60)[0].strip()


def test_the_second_process_is_told_who_holds_it(tmp_path):
  holder = start(HOLD, tmp_path / 'run')
  try:
    assert holder.stdout.readline() == 'held\n'
    said = take(tmp_path / 'run')
    assert f'{tmp_path}/run is in use by another run (pid {holder.pid})' in said
    assert '\n' not in said
    with pytest.raises(WorkdirBusy), lock(tmp_path / 'run'):
      pass
    assert take(tmp_path / 'other') == 'held'
  finally:
    holder.kill()
    holder.communicate()
  assert take(tmp_path / 'run') == 'held'


def test_a_killed_holder_with_a_forked_worker_frees_it(tmp_path):
  holder = start(HOLD_AND_FORK, tmp_path)
  worker = int(holder.stdout.readline())
  try:
    assert 'in use' in take(tmp_path)
    holder.kill()
    holder.wait()
    os.kill(worker, 0)  # The worker lives.
    assert take(tmp_path) == 'held'
  finally:
    os.kill(worker, signal.SIGKILL)
    holder.stdout.close()


def test_it_is_freed_at_the_end_of_the_block(tmp_path):
  for _ in range(2):
    with lock(tmp_path):
      assert f'(pid {os.getpid()})' in take(tmp_path)
  with pytest.raises(KeyError), lock(tmp_path):
    raise KeyError
  assert take(tmp_path) == 'held'


def test_one_process_cannot_hold_it_twice(tmp_path):
  with lock(tmp_path), pytest.raises(WorkdirBusy), lock(tmp_path):
    pass


@pytest.mark.parametrize('inside', ['', 'run'])
def test_what_cannot_be_written_is_named(tmp_path, inside):
  (tmp_path / 'file').write_text('mine')
  with (
    pytest.raises(ValueError, match='file.* cannot be written'),
    lock(tmp_path / 'file' / inside),
  ):
    pass
  assert (tmp_path / 'file').read_text() == 'mine'


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write anywhere')
def test_a_directory_without_permission_is_named(tmp_path):
  tmp_path.chmod(0o500)
  try:
    with pytest.raises(ValueError, match='Permission denied'), lock(tmp_path):
      pass
  finally:
    tmp_path.chmod(0o700)
