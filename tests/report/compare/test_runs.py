"""Runs are found wherever a person points, each once, and read whole."""

import json

import pytest

from jaxsparse.report.compare import runs
from jaxsparse.results import member_list
from jaxsparse.runs import workdir
from jaxsparse.studies.planning import status


def roots(found):
  return [run.root for run in found]


def test_workdirs_folders_of_them_and_globs_are_found_once(make_run, tmp_path):
  a, b = make_run('x/a', 0.5), make_run('x/b', 0.5, seed=1)
  c = make_run('study/runs/c', 0.5, seed=2)
  (tmp_path / 'x' / 'notes').mkdir()
  (tmp_path / 'x' / 'file').write_text('')
  here = str(tmp_path)
  assert roots(runs.find([str(b), f'{here}/x/*', f'{here}/study'])) == [b, a, c]
  assert roots(runs.find([here])) == [c, a, b]


def test_a_study_knows_its_members_wherever_they_are(make_run, tmp_path):
  runs_dir = tmp_path / 'shared'
  ours = [make_run(f'shared/{n}', 0.5, seed=i) for i, n in enumerate('ab')]
  make_run('shared/of_another_study', 0.5, seed=7)
  root = tmp_path / 'study'
  root.mkdir()
  member_list.write(root, runs_dir, ['b', 'a', 'not_begun'])
  assert roots(runs.find([str(root)])) == ours
  # Moved together, they are still found.
  moved = tmp_path / 'moved'
  moved.mkdir()
  root.rename(moved / 'study')
  runs_dir.rename(moved / 'shared')
  assert roots(runs.find([str(moved / 'study')])) == [
    moved / 'shared' / n for n in 'ab'
  ]


def test_what_lies_in_a_run_is_not_searched(make_run):
  root = make_run('a', 0.5)
  inner = root / 'checkpoints' / '5'
  inner.mkdir(parents=True)
  (inner / workdir.CONFIG).write_text('{}')
  assert roots(runs.find([str(root)])) == [root]


@pytest.mark.parametrize(
  ('name', 'said'),
  [('empty', 'holds no run'), ('none', 'is no folder'), ('no*', 'is no fol')],
)
def test_a_folder_without_runs_is_refused(make_run, tmp_path, name, said):
  good = make_run('a', 0.5)
  (tmp_path / 'empty').mkdir()
  with pytest.raises(ValueError, match=said):
    runs.find([str(good), str(tmp_path / name)])


def test_a_study_that_cannot_be_read_is_named(tmp_path):
  (tmp_path / member_list.STUDY).write_text('{"half')
  with pytest.raises(ValueError, match=f'{tmp_path}/study.json'):
    runs.find([str(tmp_path)])


@pytest.mark.parametrize('name', [workdir.CONFIG, workdir.SUMMARY])
def test_a_file_that_cannot_be_read_is_named(make_run, name):
  root = make_run('a', 0.5)
  (root / name).write_text('{"half')
  with pytest.raises(ValueError, match=f'{root}/{name}'):
    runs.find([str(root)])


def test_a_run_without_a_summary_says_why(make_run):
  half = make_run('half')
  failed = make_run('failed', seed=1)
  (failed / status.FAILED).write_text('{"error": "not finite at step 3"}')
  found = runs.find([str(half), str(failed)])
  assert [run.summary for run in found] == [None, None]
  assert [run.state for run in found] == [
    'unfinished',
    'failed: not finite at step 3',
  ]


def test_a_copy_of_a_run_does_not_count_again(make_run):
  a, b = make_run('a', 0.5), make_run('b', 0.5)
  first, second = runs.find([str(a), str(b)])
  assert first.state == 'finished'
  assert second.summary is None
  assert second.state == f'the same run as {a}'


def rewrite(root, change):
  """Changes what is kept of a run's config, and its digest not."""
  path = root / workdir.CONFIG
  content = json.loads(path.read_text())
  change(content['config'])
  path.write_text(json.dumps(content))


def test_a_default_that_has_changed_makes_two_runs(make_run):
  """Their digests are equal, as each was made with the default of its day."""
  old, new = make_run('old', 0.5), make_run('new', 0.5)
  rewrite(old, lambda config: config['updater'].update(dense_first=True))
  digests = [json.loads((r / 'summary.json').read_text()) for r in (old, new)]
  assert digests[0]['config_digest'] == digests[1]['config_digest']
  found = runs.find([str(old), str(new)])
  assert [run.state for run in found] == ['finished', 'finished']


def test_a_field_that_is_new_makes_no_other_run(make_run):
  old, new = make_run('old', 0.5), make_run('new', 0.5)
  rewrite(old, lambda config: config['updater'].pop('dense_first'))
  _, second = runs.find([str(old), str(new)])
  assert second.state == f'the same run as {old}'


def test_runs_that_started_from_other_weights_are_two(make_run):
  """Though what they started from had the same name."""
  copies = [make_run(name, 0.5) for name in 'abc']
  for root, took in zip(copies, 'xyx', strict=True):
    path = root / workdir.CONFIG
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {'sources': {'masks': took}}))
  found = runs.find([str(root) for root in copies])
  assert [run.summary is None for run in found] == [False, False, True]


def test_runs_of_a_method_that_is_gone_are_told_apart(make_run):
  copies = [make_run(name, 0.5) for name in 'abc']
  for root in copies:
    rewrite(root, lambda config: config['updater'].update(name='no.longer'))
  rewrite(copies[2], lambda config: config.update(seed=7))
  a, b, c = runs.find([str(root) for root in copies])
  assert (a.state, c.state) == ('finished', 'finished')
  assert b.state == f'the same run as {copies[0]}'


@pytest.mark.parametrize('field', ['checkpoint', 'masks'])
def test_tickets_of_all_seeds_start_from_the_same_thing(make_run, field):
  """From runs of one config, but not from those of another."""

  def ticket(i, seed, **source):
    name = f'digits-mlp-gmp-0.8-seed{seed}-{i:08x}'
    make_run(f'{i}/{name}', 0.5, seed=seed, **source)
    fields = {f'init__{field}': f'run:{name}', 'seed': seed}
    return make_run(f'{i}/ticket', 0.5, **fields)

  tickets = [
    ticket(1, 0),
    ticket(2, 1),
    ticket(3, 2, optimizer__learning_rate=0.3),
  ]
  first, second, other = (
    runs.read(root).fields[f'init.{field}'] for root in tickets
  )
  assert first == second
  assert first.startswith('run:digits-mlp-gmp-0.8-')
  assert 'seed' not in first
  assert other != first


def test_runs_on_other_data_of_the_same_name_are_two(make_run):
  """But not where it is unknown what one was trained on."""
  copies = [make_run(name, 0.5) for name in 'abcd']
  recorded = ({'train': 'x'}, {'train': 'y'}, {'train': 'y'}, {})
  for root, data in zip(copies, recorded, strict=True):
    path = root / workdir.CONFIG
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {'data': data}))
  found = runs.find([str(root) for root in copies])
  assert [run.summary is None for run in found] == [False, False, True, True]
