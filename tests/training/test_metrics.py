import json
import subprocess
import sys

import pytest
import tensorboardX.proto.event_pb2 as event_pb2
from tensorboardX.record_writer import masked_crc32c

from jaxsparse.training.metrics import MetricsWriter, cut_back, read


def record(step, **entries):
  return {'step': step, **entries}


def write(workdir, records, step=-1):
  with MetricsWriter(workdir, step=step) as writer:
    for r in records:
      writer.write(r)
  return workdir / 'metrics.jsonl'


def test_what_is_written_is_read_back(tmp_path):
  records = [
    record(0, eval_loss=0.1 + 0.2),
    record(5, churn={'Dense_0/kernel': 1 / 3}),
  ]
  assert read(write(tmp_path, records)) == records


def test_each_line_is_on_disk_when_write_returns(tmp_path):
  with MetricsWriter(tmp_path, step=-1) as writer:
    writer.write(record(1, loss=2.0))
    assert read(tmp_path / 'metrics.jsonl') == [record(1, loss=2.0)]


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
def test_what_is_not_finite_is_null(tmp_path, value):
  path = write(tmp_path, [record(1, loss=value, churn={'a': value})])
  assert path.read_text() == (
    '{"step": 1, "loss": null, "churn": {"a": null}}\n'
  )


def test_a_resumed_file_is_cut_back_to_the_step(tmp_path):
  kept = [record(s, loss=s / 7) for s in (0, 10, 20)]
  path = write(tmp_path, [*kept, record(21, loss=1.0), record(30, loss=1.0)])
  write(tmp_path, [record(21, loss=3.0)], step=20)
  assert read(path) == [*kept, record(21, loss=3.0)]


def test_a_cut_back_file_has_the_bytes_of_one_never_longer(tmp_path):
  (tmp_path / 'a').mkdir()
  (tmp_path / 'b').mkdir()
  kept = [record(s, loss=s / 7, churn={'x': s / 3}) for s in (0, 10, 20)]
  short = write(tmp_path / 'a', kept)
  long = write(tmp_path / 'b', [*kept, record(30, loss=1.0)])
  cut_back(long, 20)
  assert long.read_bytes() == short.read_bytes()


@pytest.mark.parametrize('torn', ['{"step": 30, "los', '\n', '{"step"'])
def test_a_torn_last_line_is_left_out(tmp_path, torn):
  path = write(tmp_path, [record(10, loss=1.0), record(20, loss=2.0)])
  path.write_text(path.read_text() + torn)
  assert read(path) == [record(10, loss=1.0), record(20, loss=2.0)]
  write(tmp_path, [record(30, loss=3.0)], step=20)
  assert [json.loads(line)['step'] for line in path.open()] == [10, 20, 30]


def test_a_fresh_start_cuts_everything(tmp_path):
  write(tmp_path, [record(0, loss=1.0)])
  path = write(tmp_path, [record(0, loss=2.0)], step=-1)
  assert read(path) == [record(0, loss=2.0)]


def test_tensorboard_gets_every_number(tmp_path):
  write(tmp_path, [record(7, loss=0.5, churn={'Dense_0/kernel': 0.25})])
  (events,) = (tmp_path / 'tensorboard').iterdir()
  found = {}
  data = events.read_bytes()
  while data:
    length = int.from_bytes(data[:8], 'little')
    content = data[12 : 12 + length]
    for part, check in ((data[:8], data[8:12]), (content, data[12 + length :])):
      assert check[:4] == masked_crc32c(part).to_bytes(4, 'little')
    event = event_pb2.Event.FromString(content)
    data = data[16 + length :]
    for value in event.summary.value:
      found[value.tag] = (event.step, value.simple_value)
  assert found == {
    'loss': (7, 0.5),
    'churn/Dense_0/kernel': (7, 0.25),
  }


FULL = """
import resource, sys
from jaxsparse.training.metrics import MetricsWriter

with MetricsWriter(sys.argv[1], step=-1) as writer:
  resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
  for step in range(10_000):
    writer.write({'step': step, 'a': 1, 'b': 2, 'c': 3})
"""


def test_a_file_that_cannot_grow_is_an_error_and_no_wait(tmp_path):
  ended = subprocess.run(
    [sys.executable, '-c', FULL, tmp_path],
    capture_output=True,
    text=True,
    timeout=120,
  )
  assert ended.returncode == 1
  assert 'OSError' in ended.stderr
  lines = read(tmp_path / 'metrics.jsonl')
  assert 0 < len(lines) < 10_000


def test_a_damaged_line_that_is_not_the_last_is_refused(tmp_path):
  path = tmp_path / 'metrics.jsonl'
  path.write_text('{"step": 1}\n{"st\n{"step": 3}\n')
  with pytest.raises(ValueError, match='line 2'):
    cut_back(path, 1)
  assert path.read_text().count('\n') == 3
