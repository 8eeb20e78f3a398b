"""The connection of two processes, here threads, over real sockets."""

import queue
import socket
import threading
import time

import jax
import pytest

from jaxsparse.training import peers, processes


@pytest.fixture
def shared(monkeypatch):
  """Makes two processes of this one; returns what the first has shared."""
  sent = queue.SimpleQueue()

  def share(content):
    if not content:
      return sent.get(timeout=10)
    for _ in range(2):
      sent.put(content)
    return content

  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  monkeypatch.setattr(processes, 'shared', share)
  return sent


def begin(accepted):
  """Starts the first process, which adds its connections, or its error."""

  def first(patience):
    try:
      accepted.extend(peers._accepted(patience))
    except OSError as error:
      accepted.append(error)

  thread = threading.Thread(target=first, args=(0.5,))
  thread.start()
  return thread


@pytest.mark.parametrize('host', ['127.0.0.1', '::1'])
def test_a_silent_stranger_does_not_keep_the_others_out(
  shared, monkeypatch, host
):
  if ':' in host and not socket.has_dualstack_ipv6():
    pytest.skip('no IPv6 here')
  monkeypatch.setattr(peers, '_STRANGER', 0.1)
  accepted = []
  thread = begin(accepted)
  with socket.create_connection((host, shared.get()['port'])):
    other = peers._opened(host, 3.0)
    thread.join()
  (first,) = accepted
  time.sleep(0.2)
  other.send_bytes(b'late')
  assert first.recv_bytes() == b'late'
  with socket.socket(fileno=first.fileno()) as same:
    assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    same.detach()


def test_the_others_are_waited_for_so_long(shared):
  accepted = []
  thread = begin(accepted)
  thread.join(10)
  assert isinstance(accepted[0], TimeoutError)
