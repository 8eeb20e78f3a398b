import json

import jax.numpy as jnp
import pytest
from etils import epath

from jaxsparse.training.checkpoints import records
from jaxsparse.training.checkpoints.records import (
  CheckpointError,
  CheckpointMismatch,
)


def make():
  return records.make(
    3, {'a': jnp.ones((2, 1))}, {'lr': 0.1, 'shape': (1, 2), 'none': None}
  )


def through_json(content):
  return json.loads(json.dumps(content))


def test_a_record_comes_back_through_json():
  record = make()
  assert records.from_json(through_json(records.to_json(record))) == record
  assert record.meta == {'lr': 0.1, 'shape': [1, 2], 'none': None}


@pytest.mark.parametrize(
  'change',
  [
    lambda r: r.update(step=4),
    lambda r: r['meta'].update(lr=0.2),
    lambda r: r['leaves']['a'].__setitem__(1, 'float16'),
    lambda r: r['leaves'].clear(),
  ],
)
def test_a_changed_record_is_found(change):
  content = through_json(records.to_json(make()))
  change(content['record'])
  with pytest.raises(CheckpointError, match='fails its checksum'):
    records.from_json(content)


@pytest.mark.parametrize('content', [None, [], 3, {}, {'step': 3}])
def test_something_else_is_no_record(content):
  with pytest.raises(CheckpointError, match='no record'):
    records.from_json(content)


def test_steps_are_directories_with_a_plain_number_for_a_name(tmp_path):
  for name in ('10', '9', 'x1', '.trash', '4.orbax-checkpoint-tmp', '-1', '07'):
    (tmp_path / name).mkdir()
  (tmp_path / '3').touch()
  found = records.step_paths(epath.Path(tmp_path))
  assert list(found.items()) == [(9, tmp_path / '9'), (10, tmp_path / '10')]
  assert records.step_paths(epath.Path(tmp_path / 'not there')) == {}


def test_the_newest_good_one_is_found(tmp_path, caplog):
  for step in (1, 2, 3):
    (tmp_path / str(step)).mkdir()
  tried = []

  def attempt(step, path):
    tried.append(step)
    if step > 1:
      raise CheckpointError(f'{path.name} is bad')
    return path.name

  assert records.newest(epath.Path(tmp_path), attempt) == '1'
  assert tried == [3, 2, 1]
  assert [r.getMessage() for r in caplog.records] == [
    'passed over: 3 is bad',
    'passed over: 2 is bad',
  ]


def test_none_good_none_there_and_a_mismatch_differ(tmp_path):
  def bad(step, _):
    raise CheckpointError(f'{step} is bad')

  def other(step, _):
    raise CheckpointMismatch(f'{step} is of another kind')

  directory = epath.Path(tmp_path)
  assert records.newest(directory, bad) is None
  for step in (1, 2):
    (tmp_path / str(step)).mkdir()
  with pytest.raises(CheckpointError, match='no good checkpoint.*2 is bad'):
    records.newest(directory, bad)
  with pytest.raises(CheckpointMismatch, match='^2 is of another kind'):
    records.newest(directory, other)
