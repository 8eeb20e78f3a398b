"""Leases, on a folder of this disk that TensorStore serves like a bucket."""

import json
import threading
import time

import pytest

from jaxsparse import leases
from jaxsparse.errors import SaveFailed, WorkdirBusy


@pytest.fixture
def folder(tmp_path, monkeypatch):
  """An empty folder, where leases are renewed each 0.1 s."""
  monkeypatch.setattr(leases, 'RENEWAL', 0.1)
  monkeypatch.setattr(leases, 'STALE', 1.5)
  monkeypatch.setattr(leases, '_RECENT', 0.0)
  return f'file://{tmp_path}/run'


def content(path):
  return json.loads(path.read_bytes())


@pytest.fixture
def path(tmp_path):
  return tmp_path / 'run' / '.lock'


def left_behind(path, age, **owner):
  """Writes the lock of a process that was killed `age` seconds ago."""
  path.parent.mkdir(exist_ok=True)
  owner = {'host': 'h', 'pid': 7, 'token': 't', 'renewed': time.time() - age}
  path.write_text(json.dumps(owner))


def test_a_second_writer_is_refused_once_the_holder_shows_itself(folder, path):
  with leases.lease(folder):
    assert leases.holder(folder) == leases._named(content(path))
    began = time.monotonic()
    with pytest.raises(WorkdirBusy, match=r'another run \(pid \d+ on '):
      leases._Lease(folder).acquire()
    assert time.monotonic() - began < leases.STALE
    leases.verify(f'{folder}/summary.json')
  assert not path.exists()
  assert leases.holder(folder) == ''


def test_a_lock_that_is_long_stale_is_taken_over_at_once(folder, path):
  left_behind(path, age=10)
  assert leases.holder(folder) == ''
  began = time.monotonic()
  with leases.lease(folder):
    assert time.monotonic() - began < leases.STALE
    assert content(path)['token'] != 't'


def test_a_killed_holder_is_waited_for(folder, path):
  left_behind(path, age=0)
  began = time.monotonic()
  with leases.lease(folder):
    assert time.monotonic() - began >= leases.STALE - 0.1


def test_a_clock_that_is_ahead_keeps_nobody_out_for_ever(folder, path):
  left_behind(path, age=-1000)
  with leases.lease(folder):
    assert content(path)['token'] != 't'


@pytest.mark.parametrize('age', [10, 0])
def test_of_many_at_once_one_gets_it(folder, path, age):
  left_behind(path, age=age)
  held, refused = [], []

  def take():
    one = leases._Lease(folder)
    try:
      one.acquire()
      held.append(one)
    except WorkdirBusy:
      refused.append(one)

  threads = [threading.Thread(target=take) for _ in range(4)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert (len(held), len(refused)) == (1, 3)
  held[0].release()


def test_of_two_that_waited_the_second_takes_over_no_live_lock(folder, path):
  left_behind(path, age=-1000)  # Both go by how long they waited.
  late, write = leases._Lease(folder), leases._Lease._write
  winner = leases._Lease(folder)

  def write_late(generation):
    if not winner._generation:
      winner.acquire()
    return write(late, generation)

  late._write = write_late
  with pytest.raises(WorkdirBusy):
    late.acquire()
  winner.verify()
  winner.release()


def test_who_lost_it_writes_no_more_and_leaves_the_other_lock(folder, path):
  with leases.lease(folder):
    left_behind(path, age=0)
    with pytest.raises(SaveFailed, match='taken over by pid 7 on h; nothing'):
      leases.verify(f'{folder}/metrics.jsonl')
    with pytest.raises(SaveFailed, match='taken over'):
      leases.verify(f'{folder}/metrics.jsonl')
    leases.verify(f'{folder}-2/metrics.jsonl')  # Another folder.
  assert content(path)['token'] == 't'


def test_a_lock_that_was_removed_is_lost(folder, path):
  with leases.lease(folder):
    path.unlink()
    with pytest.raises(SaveFailed, match='was removed'):
      leases.verify(f'{folder}/metrics.jsonl')
  assert not path.exists()


def test_a_write_whose_answer_was_lost_is_known_again(folder, path):
  with leases.lease(folder):
    path.write_bytes(path.read_bytes())  # Another generation, the same token.
    leases.verify(f'{folder}/metrics.jsonl')
    leases.verify(f'{folder}/metrics.jsonl')
  assert not path.exists()


class Silent:
  """A store that answers no more."""

  def write(self, *args, **kwargs):
    raise TimeoutError


def test_an_outage_is_borne_until_others_may_take_over(folder):
  held = leases._Lease(folder)
  held.acquire()
  held._store, store = Silent(), held._store
  held.verify()
  time.sleep(leases.STALE)
  with pytest.raises(SaveFailed, match='could not be renewed for'):
    held.verify()
  held._store = store
  held.release()
