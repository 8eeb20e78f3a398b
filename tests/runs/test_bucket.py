"""Runs in a bucket, of a stand-in that gcsfs and TensorStore talk to."""

import importlib.util
import json
import os
import re
import time
from unittest import mock

import pytest
from gcs_standin import BUCKET, served

from jaxsparse.errors import Interrupted, SaveFailed
from jaxsparse.results.frame import read_results
from jaxsparse.runs import finished, workdir
from jaxsparse.runs.train import train
from jaxsparse.storage import absolute
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import files, records

pytestmark = pytest.mark.skipif(
  importlib.util.find_spec('gcsfs') is None, reason='the extra gcs is missing'
)
TIMES = 'wall_seconds', 'steps_per_second'


@pytest.fixture(scope='module')
def bucket():
  with served() as bucket, mock.patch.dict(os.environ, bucket.environment()):
    yield bucket


@pytest.fixture(scope='module')
def local(tmp_path_factory, make_config):
  """The run on a disk, whole."""
  root = tmp_path_factory.mktemp('runs') / 'a'
  train(make_config(), root, plots=False)
  return root


def run(config, name, upto=None):
  """Trains in the bucket to step `upto`, or to the end."""
  done = []
  root = absolute(f'gs://{BUCKET}/{name}')
  train(
    config,
    root,
    plots=False,
    report=lambda step, _: done.append(step),
    interrupted=lambda: upto is not None and done[-1] >= upto,
  )
  return root


def saved(root):
  """The records of all checkpoints: a checksum of each leaf, and its meta."""
  steps = {int(path.name): path for path in (root / 'checkpoints').iterdir()}
  found = {n: files.read_record(files.absolute(p)) for n, p in steps.items()}
  for record in found.values():
    del record.meta['wall_seconds']
  return found


def assert_same(root, local):
  """Checks that two finished runs differ only in their times."""
  name = 'metrics.jsonl'
  assert (root / name).read_bytes() == (local / name).read_bytes()
  assert saved(root) == saved(local)
  assert saved(root).keys() == {0, 20, 30}
  theirs, ours = (workdir.finished(one) for one in (root, local))
  assert theirs | dict.fromkeys(TIMES) == ours | dict.fromkeys(TIMES)


@pytest.fixture(scope='module')
def resumed(bucket, make_config):
  """A finished run that was stopped at step 15."""
  with pytest.raises(Interrupted):
    run(make_config(), 'stopped', upto=15)
  names = [name for name in bucket.objects if name.startswith('stopped/')]
  assert 'stopped/.lock' not in names
  lines = metrics.read(absolute(f'gs://{BUCKET}/stopped/metrics.jsonl'))
  assert lines[-1]['step'] == 15
  return run(make_config(), 'stopped')


def test_a_run_that_stops_and_resumes_ends_with_the_bits_of_a_local_one(
  bucket, resumed, local
):
  assert_same(resumed, local)
  boards = [n for n in bucket.objects if n.startswith('stopped/tensorboard/')]
  assert len(boards) == 2


def test_steps_that_a_kill_left_broken_are_passed_over(
  bucket, make_config, local, caplog
):
  with pytest.raises(Interrupted):
    run(make_config(), 'broken', upto=20)
  steps = 'broken/checkpoints'
  bucket.delete(f'{steps}/20/commit_success.txt')  # As of a kill in a save.
  (array,) = (n for n in bucket.objects if n.startswith(f'{steps}/10/state/d/'))
  bucket.delete(array)
  assert [*records.step_paths(absolute(f'gs://{BUCKET}/{steps}'))] == [0, 10]
  assert_same(run(make_config(), 'broken'), local)
  assert re.search('passed over: .*/10 ', caplog.text)


def test_a_run_that_lost_its_lock_writes_nothing_more(bucket, make_config):
  before = []

  def report(step, _):
    if step == 15 and not before:
      while 'lost/checkpoints/10/commit_success.txt' not in bucket.objects:
        time.sleep(0.01)
      owner = {'host': 'h', 'pid': 7, 'token': 't', 'renewed': time.time()}
      bucket.put('lost/.lock', json.dumps(owner).encode())
      before.append(list(bucket.writes))

  with (
    mock.patch('jaxsparse.leases._RECENT', 0.0),
    pytest.raises(SaveFailed, match='taken over by pid 7 on h'),
  ):
    train(make_config(), f'gs://{BUCKET}/lost', plots=False, report=report)
  assert bucket.writes == before[0]


def test_finished_runs_are_read_as_from_a_disk(resumed, local):
  theirs, ours = (
    read_results(one, metrics=['test_accuracy']).drop(columns='run')
    for one in (resumed, local)
  )
  assert theirs.equals(ours)
  loaded = finished.load(resumed)
  assert loaded.steps == (0, 20, 30)
  assert finished.state(loaded, 20).step == 20


def test_a_workdir_of_something_else_is_refused(bucket, make_config):
  bucket.put('other/notes.txt', b'mine')
  with pytest.raises(ValueError, match=r"other holds 'notes.txt'"):
    run(make_config(), 'other')
  bucket.put('empty/', b'')  # A folder made in the console.
  assert workdir.foreign(absolute(f'gs://{BUCKET}/empty')) == []
