import json
import os

import pytest

from jaxsparse.config import identity
from jaxsparse.errors import WorkdirBusy
from jaxsparse.runs import workdir
from jaxsparse.runs.origins import Origins

CONFIG = {'seed': 0, 'updater': {'name': 'rigl', 'sparsity': 0.9}}
OTHER = {'seed': 1, 'updater': {'name': 'rigl', 'sparsity': 0.8}}


def content(root):
  return {
    p.relative_to(root): (p.read_bytes(), p.stat().st_mtime_ns)
    for p in root.rglob('*')
    if p.is_file() and p.name != '.lock'
  }


def test_a_claimed_directory_says_whose_it_is(tmp_path):
  root = tmp_path / 'deep' / 'run'
  assert not workdir.begun(root)
  with workdir.claim(root, CONFIG) as claimed:
    assert claimed == root
  assert workdir.begun(root)
  assert workdir.read_config(root) == CONFIG
  kept = json.loads((root / 'config.json').read_text())
  assert kept == {
    'digest': identity.digest(CONFIG),
    'config': CONFIG,
    'sources': {},
    'data': {},
  }


def test_the_same_config_claims_it_again_and_writes_nothing(tmp_path):
  for _ in range(2):
    with workdir.claim(tmp_path, CONFIG):
      before = content(tmp_path)
  assert content(tmp_path) == before


def test_another_config_is_told_what_differs_and_harms_nothing(tmp_path):
  with workdir.claim(tmp_path, CONFIG):
    (tmp_path / 'metrics.jsonl').write_text('kept')
  before = content(tmp_path)
  with (
    pytest.raises(ValueError, match='another config') as error,
    workdir.claim(tmp_path, OTHER),
  ):
    pass
  for said in ('config.seed: 0 -> 1', 'config.updater.sparsity: 0.9 -> 0.8'):
    assert said in str(error.value)
  assert 'updater.name' not in str(error.value)
  assert content(tmp_path) == before


def test_what_a_run_started_from_is_part_of_what_it_is(tmp_path):
  then = {'checkpoint': 'step 3, a', 'masks': 'step 3, b'}
  with workdir.claim(tmp_path, CONFIG, Origins(then)):
    (tmp_path / 'metrics.jsonl').write_text('kept')
  before = content(tmp_path)
  with (
    pytest.raises(ValueError, match='started from something else') as error,
    workdir.claim(tmp_path, CONFIG, Origins(then | {'masks': 'step 4, c'})),
  ):
    pass
  assert 'config.init.masks: step 3, b -> step 4, c.' in str(error.value)
  assert 'init.checkpoint' not in str(error.value)
  assert content(tmp_path) == before


@pytest.mark.parametrize('now', [{}, {'masks': 'step 3, b'}])
def test_a_source_that_is_gone_is_no_matter(tmp_path, now):
  then = {'checkpoint': 'step 3, a', 'masks': 'step 3, b'}
  with workdir.claim(tmp_path, CONFIG, Origins(then)):
    before = content(tmp_path)
  with workdir.claim(tmp_path, CONFIG, Origins(now)):
    pass
  assert content(tmp_path) == before


def test_runs_from_before_sources_were_noted_are_what_they_were(tmp_path):
  path = tmp_path / 'config.json'
  path.write_text(json.dumps({'digest': 'a', 'config': CONFIG}))
  with workdir.claim(tmp_path, CONFIG, Origins({'masks': 'step 3, b'})):
    pass
  assert 'sources' not in path.read_text()


def test_another_config_learns_so_while_the_run_goes_on(tmp_path):
  with workdir.claim(tmp_path, CONFIG):
    with (
      pytest.raises(ValueError, match='another config'),
      workdir.claim(tmp_path, OTHER),
    ):
      pass
    with (
      pytest.raises(WorkdirBusy, match=f'pid {os.getpid()}'),
      workdir.claim(tmp_path, CONFIG),
    ):
      pass


@pytest.mark.parametrize('text', ['', '{"digest": "a"}', '[]', '{"con'])
def test_a_config_that_cannot_be_read_is_not_taken_over(tmp_path, text):
  path = tmp_path / 'config.json'
  path.write_text(text)
  with (
    pytest.raises(ValueError, match='is not the config of a run'),
    workdir.claim(tmp_path, CONFIG),
  ):
    pass
  assert path.read_text() == text


@pytest.mark.parametrize('name', ['file/run', 'file', 'x' * 300, '/proc/x/y'])
def test_a_place_that_cannot_be_written_is_refused(tmp_path, name):
  (tmp_path / 'file').write_text('kept')
  with (
    pytest.raises(ValueError, match='cannot be'),
    workdir.claim(tmp_path / name, CONFIG),
  ):
    pass
  assert (tmp_path / 'file').read_text() == 'kept'
  assert [p.name for p in tmp_path.iterdir()] == ['file']


WHOLE = {'test_accuracy': {}, 'sparsity': 0.9, 'config_digest': 'a', 'x': 3}


def test_a_run_is_finished_once_its_summary_is_there(tmp_path):
  with workdir.claim(tmp_path, CONFIG):
    assert workdir.finished(tmp_path) is None
    workdir.write_summary(tmp_path, WHOLE)
  assert workdir.finished(tmp_path) == WHOLE


def test_a_summary_without_a_config_is_of_no_run(tmp_path):
  workdir.write_summary(tmp_path, WHOLE)
  assert workdir.finished(tmp_path) is None


def test_a_directory_of_somebody_elses_is_left_alone(tmp_path):
  (tmp_path / 'metrics.jsonl').write_text('{"step": 3}')
  before = content(tmp_path)
  with (
    pytest.raises(ValueError, match="holds 'metrics.jsonl' and no config.json"),
    workdir.claim(tmp_path, CONFIG),
  ):
    pass
  assert content(tmp_path) == before


def test_a_run_killed_before_its_config_was_written_begins_anew(tmp_path):
  (tmp_path / 'config.json.partial').write_text('{"dig')
  (tmp_path / '.lock').touch()
  with workdir.claim(tmp_path, CONFIG):
    assert workdir.read_config(tmp_path) == CONFIG


@pytest.mark.parametrize(
  ('text', 'said'),
  [
    ('{"test', 'cannot be read'),
    ('', 'cannot be read'),
    ('3', 'cannot be read'),
    ('[]', "lacks 'sparsity'"),
    ('{"test_accuracy": {}, "sparsity": 0}', "lacks 'config_digest'"),
  ],
)
def test_a_damaged_summary_is_named(tmp_path, text, said):
  with workdir.claim(tmp_path, CONFIG):
    (tmp_path / 'summary.json').write_text(text)
  with pytest.raises(ValueError, match=f'summary.json {said}.* Remove it'):
    workdir.finished(tmp_path)


def test_files_of_somebody_are_told_from_what_a_kill_leaves(tmp_path):
  assert workdir.foreign(tmp_path / 'none') == []
  for name in ('.lock', 'config.json.partial', 'b', 'a'):
    (tmp_path / name).touch()
  assert workdir.foreign(tmp_path) == ['a', 'b']
