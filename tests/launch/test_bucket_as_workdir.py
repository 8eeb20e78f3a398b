"""Runs and studies in a bucket, by programs, against those on a disk."""

import importlib.util
import json
import re
import signal

import pytest
from gcs_standin import BUCKET, served

from jaxsparse.runs import workdir as workdir_lib
from tests.stored_steps import arrays_and_meta

pytestmark = [
  pytest.mark.slow,
  pytest.mark.skipif(
    importlib.util.find_spec('gcsfs') is None, reason='the extra gcs is missing'
  ),
]
TIMES = dict.fromkeys(('wall_seconds', 'steps_per_second', 'made_with'))
# The request at which the process is killed, which of its kind, and whether it
# still arrives.
KILLS = [
  ('write', r'config\.json', 1, False),
  ('write', r'checkpoints/0/state/manifest', 1, True),
  ('write', r'checkpoints/10/commit_success', 1, False),
  ('write', r'checkpoints/20/commit_success', 1, True),
  ('delete', r'checkpoints/\d+/commit_success', 1, True),
  ('delete', r'checkpoints/\d+/state', 2, True),
  ('write', r'metrics\.jsonl', 3, False),
  ('write', r'tensorboard/', 2, False),
  ('write', r'plots/', 2, False),
  ('write', r'summary\.json', 1, False),
]


def forget_owner(bucket):
  """Makes the lock stale, as it is some minutes after a kill."""
  owner = json.loads(bucket.read('run/.lock'))
  bucket.put('run/.lock', json.dumps(owner | {'renewed': 0}).encode())


def kill_at(bucket, process, verb, pattern, number, arrives):
  """SIGKILL at a request, which may still arrive; later ones are lost."""
  requests = []

  def before(this_verb, name):
    if this_verb == verb and re.match(f'run/{pattern}', name):
      requests.append(name)
    if len(requests) < number:
      return True
    process.signal(signal.SIGKILL)
    bucket.before = lambda *_: False
    return arrives

  bucket.before = before


def downloaded(bucket, folder):
  for name, stored in bucket.objects.items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stored.content)
  return folder / 'run'


def end(workdir):
  """All that a finished run leaves, but for times."""
  states = {}
  for path in (workdir / 'checkpoints').iterdir():
    arrays, meta = arrays_and_meta(path)
    states[int(path.name)] = (
      {leaf: (a.dtype, a.tobytes()) for leaf, a in arrays.items()},
      meta | TIMES,
    )
  figures = {p.name for p in (workdir / 'plots').iterdir()}
  lines = (workdir / 'metrics.jsonl').read_text().splitlines()
  return states, lines, figures, workdir_lib.finished(workdir) | TIMES


@pytest.fixture
def bucket():
  with served() as bucket:
    yield bucket


def test_kills_between_uploads_leave_no_trace(
  start, arguments, tmp_path, bucket
):
  reference = tmp_path / 'run'
  assert start(arguments(reference)).end().code == 0
  args = arguments(f'gs://{BUCKET}/run')
  for kill in KILLS:
    process = start(args, **bucket.environment())
    kill_at(bucket, process, *kill)
    ended = process.end()
    assert ended.code == -signal.SIGKILL, (kill, ended)
    bucket.before = lambda *_: True
    forget_owner(bucket)
  ended = start(args, **bucket.environment()).end()
  assert ended.code == 0, ended
  assert end(downloaded(bucket, tmp_path / 'bucket')) == end(reference)


def test_a_second_writer_is_refused_and_a_stop_frees_the_lock(
  start, arguments, bucket
):
  args = arguments(f'gs://{BUCKET}/run', num_steps=10**6)
  first = start(args, **bucket.environment())
  first.wait_for(
    lambda: 'run/checkpoints/10/commit_success.txt' in bucket.objects
  )
  second = start(args, **bucket.environment()).end()
  assert second.code == 2
  owner = rf'is in use by another run \(pid {first.pid} on '
  assert re.search(owner, second.err)
  assert 'Traceback' not in second.err
  assert first.kill(signal.SIGTERM).code == 42
  assert 'run/.lock' not in bucket.objects


def test_a_study_in_a_bucket_has_the_table_of_one_on_a_disk(
  start, tmp_path, bucket
):
  outputs = []
  for root in (tmp_path, f'gs://{BUCKET}'):
    args = [
      '--config=lottery/lenet_300_100',
      '--config.data.name=digits',
      '--config.num_steps=20',
      '--config.checkpoint.interval=10',
      *('--levels=2', '--seeds=1', '--arms=reinit'),
      f'--workdir={root}/study',
    ]
    ended = start(args, module='lottery', **bucket.environment()).end()
    assert ended.code == 0, ended
    globs = [f'--workdirs={root}/study/runs/*level*', '--by=pruning.level']
    ended = start(globs, module='compare', **bucket.environment()).end()
    assert ended.code == 0, ended
    outputs.append(ended.out)
  name = 'study/report/table.csv'
  tables = [(tmp_path / name).read_bytes(), bucket.read(name)]
  assert tables[0] == tables[1]
  assert outputs[0] == outputs[1]
