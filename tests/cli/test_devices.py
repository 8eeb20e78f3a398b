"""How a program that leads others ends."""

import signal

import pytest

from jaxsparse.cli import command, devices
from jaxsparse.training import peers


@pytest.fixture
def led(monkeypatch):
  """`led(error) -> codes`: the leader's and that of the others."""
  sent = []
  monkeypatch.setattr(command, 'guarded', lambda main: main())
  monkeypatch.setattr(peers, 'send', sent.append)

  def lead(error):
    def main():
      raise error

    return devices._lead(main), sent.pop()['code']

  return lead


def test_all_end_with_the_exit_code_of_the_leader(led, capsys):
  # A second signal, and output that nobody reads.
  assert led(SystemExit(143)) == (143, 143)
  assert led(BrokenPipeError()) == (1, 1)
  assert capsys.readouterr().err == ''
  assert led(RuntimeError('a bug')) == (1, 1)
  assert 'RuntimeError: a bug' in capsys.readouterr().err


def test_a_follower_stops_the_leader_once(monkeypatch):
  seen = []
  before = signal.signal(signal.SIGTERM, lambda *_: seen.append('stop'))
  try:
    devices._stop()
    monkeypatch.setattr(command, '_stop', True)
    devices._stop()
  finally:
    signal.signal(signal.SIGTERM, before)
  assert seen == ['stop']
