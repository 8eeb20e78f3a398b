import json

import pytest

from jaxsparse.studies.planning.status import (
  Status,
  failure,
  status,
  write_failure,
)

SUMMARY = '{"test_accuracy": {}, "sparsity": 0.9, "config_digest": "a"}'


@pytest.fixture
def root(tmp_path):
  return tmp_path / 'member'


def begin(root, *steps):
  for step in steps:
    (root / 'checkpoints' / str(step)).mkdir(parents=True)
  root.mkdir(exist_ok=True)
  (root / 'config.json').write_text('{"config": {}}')


def test_where_there_is_nothing_it_is_new(root):
  assert status(root, 100) == Status('new')
  assert not root.exists()


def test_a_begun_member_is_at_its_newest_checkpoint(root):
  begin(root)
  assert status(root, 100) == Status('begun', 0)
  begin(root, 9, 20)
  (root / 'checkpoints' / '30.tmp').mkdir()
  assert status(root, 100) == Status('begun', 20, saved=(9, 20))


def test_a_failure_is_kept_until_its_file_is_removed(root):
  begin(root, 10)
  write_failure(root, 'not finite')
  assert status(root, 100) == Status('failed', 10, 'not finite')
  assert status(root, 100).ended
  (root / 'failed.json').unlink()
  assert status(root, 100) == Status('begun', 10, saved=(10,))


def test_a_summary_says_that_it_is_done(root):
  begin(root, 90, 100)
  (root / 'summary.json').write_text(SUMMARY)
  assert status(root, 100) == Status('done', 100)
  assert status(root, 100).ended


@pytest.mark.parametrize('name', ['summary.json', 'metrics.jsonl'])
def test_without_a_config_it_is_broken_and_never_done(root, name):
  root.mkdir()
  (root / name).write_text(SUMMARY)
  found = status(root, 100)
  assert found == Status(
    'broken',
    0,
    f"member holds '{name}' and no config.json; move it away to have the"
    ' member trained',
  )
  assert found.ended


def test_what_a_kill_leaves_as_a_run_begins_is_nothing(root):
  root.mkdir()
  for name in ('.lock', 'config.json.partial'):
    (root / name).touch()
  assert status(root, 100) == Status('new')


@pytest.mark.parametrize(
  ('name', 'text', 'said'),
  [
    ('summary.json', '{"half', 'summary.json cannot be read'),
    ('summary.json', '{}', "summary.json lacks 'sparsity'"),
    ('config.json', '{"half', 'config.json is not the config of a run'),
    ('failed.json', '[]', 'failed.json cannot be read'),
  ],
)
def test_a_damaged_file_is_told(root, name, text, said):
  begin(root, 100)
  (root / name).write_text(text)
  found = status(root, 100)
  assert found.kind == 'broken'
  assert found.error.startswith(f'member/{said}')


@pytest.mark.parametrize('text', ['', '[]', json.dumps({'why': 'x'})])
def test_a_damaged_account_of_a_failure_is_told(root, text):
  begin(root)
  (root / 'failed.json').write_text(text)
  with pytest.raises(ValueError, match='failed.json cannot be read'):
    failure(root)
