"""Data that are changed under a run of theirs are noticed."""

import json

import pytest

from jaxsparse.runs import finished, reading, workdir
from jaxsparse.runs.build import build
from jaxsparse.runs.open_run import opened
from jaxsparse.runs.origins import Origins
from jaxsparse.runs.train import train
from jaxsparse.studies.planning.members import directory

WORDS = 'the cat sat on the mat. '


def write(folder, **splits):
  """Writes the splits of a text that runs of this process read anew."""
  (folder / 'mine').mkdir(exist_ok=True)
  for split, text in splits.items():
    (folder / 'mine' / f'{split}.txt').write_text(text)
  reading._loaded.cache_clear()


@pytest.fixture
def config(make_config, tmp_path):
  write(tmp_path, train=WORDS * 40, validation=WORDS)
  return make_config(
    'rigl',
    model='gru_lm',
    data__name='mine',
    data__dir=str(tmp_path),
    data__sequence_length=8,
    batch_size=2,
  )


@pytest.fixture
def root(config, tmp_path):
  """A run that was stopped as it began."""
  with opened(build(config), tmp_path / 'run', abstract=None) as run:
    return run.root


CHANGES = [
  ({'train': WORDS.upper() * 40}, 'split train of the data: 960 characters'),
  ({'train': WORDS * 41}, '960 characters, .* -> 984 characters'),
  ({'validation': WORDS.upper()}, 'split validation of the data: 24 char'),
  ({'test': WORDS}, 'split test of the data: none -> 24 characters'),
]


@pytest.mark.parametrize(('changed', 'said'), CHANGES)
@pytest.mark.parametrize('ended', [False, True])
def test_a_run_does_not_go_on_with_other_data(
  config, root, tmp_path, changed, said, ended
):
  if ended:
    summary = {'test_accuracy': 0.5, 'sparsity': 0.8, 'config_digest': 'a'}
    workdir.write_summary(root, summary)
  write(tmp_path, **changed)
  before = (root / workdir.CONFIG).read_bytes()
  with pytest.raises(ValueError, match=f'from something else .*{said}'):
    train(config, root)
  assert (root / workdir.CONFIG).read_bytes() == before


@pytest.mark.parametrize('recorded', [True, False])
def test_a_run_goes_on_with_its_data_or_where_none_were_recorded(
  config, root, tmp_path, recorded
):
  write(tmp_path, train=WORDS * (40 if recorded else 30))
  path = root / workdir.CONFIG
  if not recorded:
    content = json.loads(path.read_text())
    assert content.pop('data').keys() == {'train', 'validation'}
    path.write_text(json.dumps(content))
  with opened(build(config), root, abstract=None) as run:
    assert run.root == root


def test_a_finished_run_is_not_analysed_on_other_data(config, root, tmp_path):
  summary = {'test_accuracy': 0.5, 'sparsity': 0.8, 'config_digest': 'a'}
  workdir.write_summary(root, summary)
  assert finished.load(root).root == root
  write(tmp_path, validation=WORDS[::-1])
  with pytest.raises(ValueError, match='data that have changed.*validation'):
    finished.load(root)


def test_a_study_does_not_take_a_member_on_other_data_for_its_own(
  config, tmp_path
):
  experiment = build(config)
  runs = tmp_path / 'runs'
  name = directory(experiment.config, {}, runs, experiment.dataset.fingerprint)
  with opened(experiment, runs / name, abstract=None):
    pass

  def chosen(**options):
    again = build(config, **options)
    return directory(again.config, {}, runs, again.dataset.fingerprint)

  assert chosen() == name
  write(tmp_path, train=WORDS.upper() * 40)
  assert chosen() == f'{name}-2'
  # A plan does not read the data.
  assert chosen(read=reading.describe) == name


def test_inputs_are_compared_as_far_as_they_are_known():
  then = Origins({'masks': 'a', 'checkpoint': 'b'}, {'train': 'c'})
  assert then.changes(then) == []
  assert then.changes(Origins({'masks': 'a'})) == []
  assert Origins().changes(then) == []
  now = Origins({'masks': 'x', 'checkpoint': 'b'}, {'train': 'c', 'test': 'd'})
  assert then.changes(now) == [
    'config.init.masks: a -> x',
    'split test of the data: none -> d',
  ]
