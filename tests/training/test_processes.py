"""What processes agree on, with another process that is made up."""

import threading

import jax
import numpy as np
import pytest
from jax.experimental import multihost_utils

from jaxsparse.errors import PEER_LOST, Interrupted, WorkdirBusy
from jaxsparse.training import processes
from jaxsparse.training.checkpoints import CheckpointError, files


class Left(BaseException):
  """A process that ended at once, with an exit code."""


@pytest.fixture
def pair(monkeypatch):
  """Makes this process the first of two, of which the other has the same."""
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  monkeypatch.setattr(multihost_utils, 'broadcast_one_to_all', lambda x: x)
  monkeypatch.setattr(
    multihost_utils, 'process_allgather', lambda x: np.stack([x, x])
  )

  def leave(code):
    raise Left(code)

  monkeypatch.setattr(processes.os, '_exit', leave)


def ended(error, *of_all):
  """Returns the exit code of a process; `None` if the error is raised."""
  try:
    with processes.ending_together(*of_all):
      raise error
  except Left as left:
    return left.args[0]
  except type(error):
    return None


def test_an_error_of_one_process_ends_it_at_once(pair, capsys):
  lost = jax.errors.JaxRuntimeError('INTERNAL: Gloo all-reduce failed')
  assert ended(lost) == PEER_LOST
  assert 'goes on from the last checkpoint' in capsys.readouterr().err
  assert ended(ValueError('UNKNOWN: Gloo AllGather failed')) == PEER_LOST
  # It would come again, so the run is not to be resumed.
  full = jax.errors.JaxRuntimeError('RESOURCE_EXHAUSTED: Out of memory')
  assert ended(full) == 1
  assert ended(OSError('disk full')) == 1
  assert ended(ValueError('bad input')) is None
  assert ended(ValueError('a logger'), (Interrupted,)) == 1
  assert ended(Interrupted(3), (Interrupted,)) is None


def test_one_process_raises_as_ever():
  assert ended(OSError('disk full')) is None


@pytest.mark.parametrize('character', ['a', '"', '\x00', '\U0001f600'])
def test_an_error_of_the_first_is_raised_whatever_its_length(
  pair, monkeypatch, character
):
  received = []
  share = processes.shared

  def shared(content):
    received.append(share(content))
    return received[-1]

  monkeypatch.setattr(processes, 'shared', shared)

  def fail():
    raise WorkdirBusy(10_000 * character)

  with pytest.raises(WorkdirBusy):
    processes.on_first(fail)
  (failure,) = received
  assert failure['kind'] == 'WorkdirBusy'
  assert set(failure['text']) == {character}


def test_processes_that_read_different_steps_end(pair, monkeypatch, capsys):
  processes.require_same([20, -1])
  monkeypatch.setattr(
    multihost_utils, 'broadcast_one_to_all', lambda x: np.array([40, -1])
  )
  with pytest.raises(Left) as left:
    processes.require_same([20, -1])
  assert left.value.args == (PEER_LOST,)
  assert 'here [20, -1]' in capsys.readouterr().err


def test_a_checkpoint_is_not_broken_for_want_of_a_process(pair, tmp_path):
  directory = files.absolute(tmp_path / '3')

  def read(error):
    def use(orbax):
      raise error

    return files._call(directory, 'read', use)

  with pytest.raises(CheckpointError, match='cannot be read'):
    read(OSError('a bad sector'))
  with pytest.raises(jax.errors.JaxRuntimeError, match='Gloo'):
    read(jax.errors.JaxRuntimeError('UNKNOWN: Gloo AllReduce failed'))


def test_a_failure_of_another_process_is_an_error_here(pair, monkeypatch):
  assert processes.in_all(lambda: 3) == 3
  monkeypatch.setattr(
    multihost_utils, 'process_allgather', lambda x: np.stack([x, True])
  )
  with pytest.raises(ValueError, match='process 1 failed'):
    processes.in_all(lambda: 3)
  with pytest.raises(ValueError, match='mine'):
    processes.in_all(lambda: int('mine'))


def test_each_reads_by_itself_what_all_agree_on(pair):
  assert not processes.in_all(processes.several)
  assert not processes.on_first(processes.several)
  assert processes.several()


@pytest.mark.parametrize('segments', [0, 1])
def test_a_process_that_waits_too_long_ends(pair, monkeypatch, segments):
  gone = threading.Event()
  monkeypatch.setattr(processes, '_patience', 0.02)
  monkeypatch.setattr(processes, 'leave', lambda reason: gone.set())
  with processes.watched(lambda: True) as agreed:
    assert [agreed() for _ in range(segments)] == [True] * segments
    assert gone.wait(10)


def test_a_process_acts_alone_for_a_while(pair):
  assert processes.several()
  with processes.acting(alone=True):
    assert not processes.several()
    with processes.acting(alone=False):
      assert processes.several()
    assert not processes.several()
  assert processes.several()


def test_threads_of_one_process_leave_it_one_of_several(monkeypatch):
  threads = []
  for _ in range(2):
    inside, end = threading.Event(), threading.Event()

    def wait(inside=inside, end=end):
      inside.set()
      end.wait(10)

    thread = threading.Thread(target=processes.in_all, args=(wait,))
    thread.start()
    assert inside.wait(10)
    threads.append((thread, end))
  for thread, end in threads:  # The first to begin ends first.
    end.set()
    thread.join(10)
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  assert processes.several()
