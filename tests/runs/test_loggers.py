"""Loggers of the user's own, by dotted path."""

import pytest

from jaxsparse.config import identity
from jaxsparse.errors import Interrupted, SaveFailed
from jaxsparse.runs import dry_run, reading
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.training import metrics

MODULE = """
import contextlib

events = []

@contextlib.contextmanager
def log(config, workdir):
  events.append(('open', workdir.name, config['seed']))
  try:
    yield events.append
  finally:
    events.append('close')

@contextlib.contextmanager
def full(config, workdir):
  def write(record):
    if record['step'] > 10:
      raise ConnectionError('the server is gone')
  yield write

def shut(config, workdir):
  raise ValueError('no key')
"""


@pytest.fixture
def events(tmp_path, monkeypatch):
  monkeypatch.syspath_prepend(tmp_path)
  (tmp_path / 'own_loggers.py').write_text(MODULE)
  import own_loggers

  own_loggers.events.clear()
  return own_loggers.events


def config_of(make_config, *names, **fields):
  loggers = tuple(f'own_loggers.{name}' for name in names)
  return make_config('static', loggers=loggers, **fields)


def flat(record):
  """A line of the file as a logger takes it."""
  pairs = {}
  for name, value in record.items():
    by_layer = value if isinstance(value, dict) else {}
    pairs |= {f'{name}/{layer}': n for layer, n in by_layer.items()}
    pairs |= {} if by_layer else {name: value}
  return pairs


def test_a_logger_takes_every_record_of_the_file(make_config, events, tmp_path):
  config = config_of(make_config, 'log', 'log', seed=3)
  train(config, tmp_path / 'run', plots=False)
  lines = metrics.read(tmp_path / 'run/metrics.jsonl')
  assert any('/' in name for line in lines for name in flat(line))
  twice = [flat(line) for line in lines for _ in range(2)]
  opened = [('open', 'run', 3)] * 2
  assert events == [*opened, *twice, 'close', 'close']


def test_a_logger_opens_again_where_a_run_resumes(
  make_config, events, tmp_path
):
  config, root = config_of(make_config, 'log'), tmp_path / 'run'
  with pytest.raises(Interrupted):
    train(config, root, plots=False, interrupted=lambda: len(events) > 2)
  assert events[-1] == 'close'
  del events[:]
  train(config, root, plots=False)
  steps = [event['step'] for event in events if isinstance(event, dict)]
  assert events[0] == ('open', 'run', 0)
  assert 0 < min(steps) <= max(steps) == 30
  assert [flat(line) for line in metrics.read(root / 'metrics.jsonl')][
    -len(steps) :
  ] == events[1:-1]


def test_an_error_of_a_logger_ends_the_run_and_the_run_resumes_without_it(
  make_config, events, tmp_path
):
  root = tmp_path / 'run'
  text = 'logger own_loggers.full failed: ConnectionError: the server is gone'
  with pytest.raises(SaveFailed, match=text):
    train(config_of(make_config, 'full'), root, plots=False)
  train(config_of(make_config), root, plots=False)
  assert metrics.read(root / 'metrics.jsonl')[-1]['step'] == 30


def test_a_logger_that_does_not_open_says_so(make_config, events, tmp_path):
  config = config_of(make_config, 'log', 'shut')
  with pytest.raises(SaveFailed, match='own_loggers.shut failed: .* no key'):
    train(config, tmp_path / 'run', plots=False)
  assert events[-1] == 'close'


def test_loggers_make_no_other_run_and_a_dry_run_opens_none(
  make_config, events
):
  experiments = [
    build(config_of(make_config, *names), reading.describe)
    for names in ((), ('log',))
  ]
  first, second = (identity.digest(one.config) for one in experiments)
  assert first == second
  dry_run.take(experiments[1])
  assert events == []


@pytest.mark.parametrize(
  ('loggers', 'expected'),
  [
    (('wandb',), 'config.loggers: got .*wandb.* dotted paths and functions'),
    (('own_loggers.lg',), "config.loggers: 'own_loggers.lg' names no function"),
  ],
)
def test_what_is_no_logger_is_refused(make_config, events, loggers, expected):
  with pytest.raises(ValueError, match=expected):
    build(make_config(loggers=loggers), reading.describe)
