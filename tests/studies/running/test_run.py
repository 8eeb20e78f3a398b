"""Small studies, run in this process."""

import json
import logging
import types

import numpy as np
import pytest

from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.errors import TrainingFailed, WorkdirBusy
from jaxsparse.runs import followers, versions, workdir
from jaxsparse.studies.running import run as run_lib
from jaxsparse.studies.running import worker
from jaxsparse.studies.spec import Analysis
from jaxsparse.training.checkpoints import load_params

SPARSITY = 'updater.sparsity'


def run(study, root, runs_dir=None, **arguments):
  return run_lib.run(
    study,
    root,
    runs_dir or root / 'runs',
    name='small',
    command='again',
    **arguments,
  )


def count_files(workdirs, **options):
  """An analysis: how many records the members have, times a factor."""
  found = [(w / 'metrics.jsonl').read_bytes().count(b'\n') for w in workdirs]
  return {'records': options.get('times', 1) * sum(found)}


def of_finished(workdirs):
  return {'finished': sum((w / 'summary.json').exists() for w in workdirs)}


def complaining(workdirs):
  raise ValueError('no good')


def wrong(workdirs):
  return {'share': 1 / len(workdirs[1:])}


@pytest.fixture(scope='module')
def made(study, tiny, tmp_path_factory):
  """A chain, a grid, a failure, a refusal, and analyses."""
  asked = study(
    tiny('rigl', grid={SPARSITY: (0.5, 0.8)}, seeds=(2, 1)),
    tiny(
      'ticket',
      'static',
      {'init.checkpoint': '{rigl}'},
      seeds=(1,),
      grid={SPARSITY: (0.5, 0.8)},
    ),
    tiny('dense', 'dense', seeds=2),
    tiny(
      'pruned',
      'magnitude',
      {'init.checkpoint': '{dense}', SPARSITY: 0.8, 'updater.start_step': 0},
    ),
    tiny(
      'scratch',
      'static',
      {'init.masks': '{pruned@0}', SPARSITY: 0.8},
      seeds=(3,),
    ),
    tiny('blown', 'set', {'optimizer.learning_rate': 1e30}),
    tiny('after', 'set', {'init.checkpoint': '{blown}'}),
    tiny('bad', 'set', {SPARSITY: 1.0}),
    tiny('again', 'dense', seeds=1),
    analyses=(
      Analysis('overlap', ('ticket', 'rigl'), 'mask_overlap'),
      Analysis('count', ('rigl',), count_files, {'times': 10}),
      Analysis('nothing', ('blown', 'dense'), of_finished),
      Analysis('complains', ('pruned',), complaining),
      Analysis('wrong', ('scratch',), wrong),
    ),
    metrics=('test_accuracy', 'probe_loss@15', 'gradient_norm-probe_loss@0:30'),
  )
  root = tmp_path_factory.mktemp('study')
  return asked, root, run(asked, root)


def assert_equal(found, expected):
  found, expected = paths.flatten(found), paths.flatten(expected)
  assert found.keys() == expected.keys()
  for path, leaf in expected.items():
    np.testing.assert_array_equal(found[path], leaf, err_msg=path)


def test_masks_come_from_the_run_of_the_seed_that_is_named(made):
  _, _, results = made
  (scratch,), (pruned,) = (of(results, n) for n in ('scratch', 'pruned'))
  config = workdir.read_config(scratch.root)
  assert config['init']['masks'] == f'run:{pruned.root.name}'
  assert (scratch.seed, pruned.seed) == (3, 0)
  assert_equal(load_params(scratch.root)[1], load_params(pruned.root)[1])


def test_what_was_recorded_at_a_step_is_a_number_of_the_member(made):
  _, _, results = made
  for member in of(results, 'dense'):
    lines = (member.root / 'metrics.jsonl').read_text().splitlines()
    probes = {
      record['step']: (record['gradient_norm'], record['probe_loss'])
      for record in map(json.loads, lines)
      if 'probe_loss' in record
    }
    assert set(probes) == {0, 15, 30}
    found = member.summary
    assert found['probe_loss@15'] == pytest.approx(probes[15][1])
    assert found['gradient_norm-probe_loss@0:30'] == pytest.approx(
      np.mean([norm - loss for norm, loss in probes.values()])
    )
  (refused,) = of(results, 'bad')
  assert refused.summary is None


def of(results, name):
  return [m for m in results.members if m.row.run == name]


def test_members_are_in_the_order_of_rows_and_seeds(made):
  asked, _, results = made
  expected = [
    (row, seed)
    for row in asked.rows()
    for seed in asked.run(row.run).seed_list()
  ]
  assert [(m.row, m.seed) for m in results.members] == expected
  assert (results.name, results.command) == ('small', 'again')
  made = {m.root: m.summary for m in results.members if m.summary}
  assert all(s['made_with'] == versions.made_with() for s in made.values())
  assert dict(results.versions) == versions.made_with()


def test_a_member_is_an_ordinary_finished_run(made):
  _, root, results = made
  for member in of(results, 'rigl') + of(results, 'dense'):
    assert member.root.parent == root / 'runs'
    assert not member.error
    assert workdir.finished(member.root)['steps'] == 30
    assert member.summary['test_accuracy']
    config = workdir.read_config(member.root)
    assert config['seed'] == member.seed
    assert not (member.root / 'plots').exists()


def test_a_ticket_starts_from_the_run_that_it_names(made):
  _, _, results = made
  sources = {(m.row.point, m.seed): m for m in of(results, 'rigl')}
  for ticket in of(results, 'ticket'):
    source = sources[ticket.row.point, ticket.seed]
    config = workdir.read_config(ticket.root)
    assert config['init']['checkpoint'] == f'run:{source.root.name}'
    last, first = (
      load_params(m.root / 'checkpoints' / step)
      for m, step in ((source, '30'), (ticket, '0'))
    )
    assert_equal(first, last)


def test_one_shot_pruning_of_a_trained_net_keeps_its_largest(made):
  _, _, results = made
  (pruned,) = of(results, 'pruned')
  params, _ = load_params(of(results, 'dense')[0].root)
  start, masks = load_params(pruned.root / 'checkpoints' / '0')
  assert_equal(start, params)
  end, masks = load_params(pruned.root)
  active = masks_lib.active_by_path(masks)
  assert sum(active.values()) == pruned.summary['active_weights'] < 300


def test_a_failed_member_is_reported_and_its_followers_with_it(made):
  _, _, results = made
  (blown,), (after,) = of(results, 'blown'), of(results, 'after')
  assert blown.summary is None
  assert blown.error == 'the loss is not finite at step 1'
  stored = json.loads((blown.root / 'failed.json').read_text())
  assert stored == {'error': blown.error}
  assert after.summary is None
  assert after.error == f'starts from {blown.root.name}: {blown.error}'
  assert after.root is None
  assert blown.kind == after.kind == 'failed'


def test_a_refused_member_is_reported(made):
  _, _, results = made
  (bad,) = of(results, 'bad')
  assert bad.root is bad.summary is None
  assert bad.kind == 'refused'
  assert 'sparsity is 1.0' in bad.error


def test_rows_that_are_one_member_show_the_same(made):
  _, _, results = made
  (again,), dense = of(results, 'again'), of(results, 'dense')
  assert again.root == dense[0].root
  assert again.summary == dense[0].summary


def test_the_numbers_of_analyses_join_their_rows(made):
  _, root, results = made
  for member in of(results, 'ticket'):
    assert member.summary['mask_overlap'] == 1.0
  for member in of(results, 'rigl'):
    lines = (member.root / 'metrics.jsonl').read_text().splitlines()
    assert member.summary['records'] == 10 * len(lines) > 0
    kept = root / 'analyses' / 'count' / f'{member.root.name}.json'
    content = json.loads(kept.read_text())
    assert content['inputs'] == [member.root.name]
    assert content['numbers'] == {'records': member.summary['records']}
  assert 'finished' not in str(results.members)
  assert 'mask_overlap' not in of(results, 'dense')[0].summary


def test_an_analysis_that_fails_is_noted(made):
  _, root, results = made
  (pruned,) = of(results, 'pruned')
  assert pruned.note == 'analysis complains failed: no good'
  assert pruned.summary['test_accuracy']
  assert not (root / 'analyses' / 'complains').exists()


def test_an_analysis_may_raise_anything(made):
  _, _, results = made
  (scratch,) = of(results, 'scratch')
  said = 'analysis wrong failed: ZeroDivisionError: division by zero'
  assert scratch.note == said
  assert scratch.summary['test_accuracy']


def test_nothing_is_repeated(made, monkeypatch):
  asked, root, results = made

  def train(*args, **kwargs):
    raise AssertionError('trains again')

  def analysis(*args, **kwargs):
    raise AssertionError('analyses again')

  monkeypatch.setattr(followers, 'train_built', train)
  monkeypatch.setattr('jaxsparse.analyses.mask_overlap.load_params', analysis)
  again = run(asked, root)
  assert again.members == results.members


def test_another_study_shares_members(made, study, tiny, tmp_path, monkeypatch):
  _, root, results = made
  trained = []
  real = followers.train_built

  def train(experiment, root, **kwargs):
    trained.append(root.name)
    return real(experiment, root, **kwargs)

  monkeypatch.setattr(followers, 'train_built', train)
  other = study(tiny('any', 'dense', seeds=2), tiny('new', 'dense', seeds=(7,)))
  found = run(other, tmp_path / 'other', root / 'runs')
  assert [m.root for m in found.members[:2]] == [
    m.root for m in of(results, 'dense')
  ]
  assert trained == [found.members[2].root.name]


def test_a_changed_option_makes_an_analysis_anew(made, tmp_path):
  asked, root, _ = made
  changed = Analysis('count', ('rigl',), count_files, {'times': 3})
  fields = vars(asked) | {'runs': asked.runs[:1], 'analyses': (changed,)}
  results = run(type(asked)(**fields), root)
  for member in results.members:
    lines = (member.root / 'metrics.jsonl').read_text().splitlines()
    assert member.summary['records'] == 3 * len(lines)


def test_two_analyses_may_not_give_one_number(made):
  asked, root, _ = made
  twice = (
    Analysis('count', ('dense',), count_files),
    Analysis('other', ('dense',), count_files),
  )
  fields = vars(asked) | {'runs': asked.runs[2:3], 'analyses': twice}
  results = run(type(asked)(**fields), root)
  assert "another analysis gives 'records' too" in results.members[0].note


def test_members_are_silent_and_the_study_is_not(study, tiny, tmp_path, caplog):
  caplog.set_level(logging.INFO, logger='jaxsparse')
  run(study(tiny('dense', 'dense')), tmp_path)
  lines = [r.getMessage() for r in caplog.records if r.name[:4] == 'jaxs']
  assert lines == [
    'small: trained one by one: dense (1 member)',
    'small: 1/1 members, 30/30 steps',
  ]
  assert logging.getLogger('jaxsparse').level == logging.INFO


def test_failures_of_several_that_are_trained_together(tmp_path):
  """Under vmap each member's own end is noted."""
  names = ('a', 'b', 'c', 'd', 'e')
  ends = [
    {},
    TrainingFailed('not finite; there'),
    ValueError(f'{tmp_path}/c/.lock: bad\nline'),
    WorkdirBusy('held'),
    ValueError('config.init.masks: no good'),
  ]
  member = types.SimpleNamespace(experiment=None, sources=frozenset())
  members = {
    name: types.SimpleNamespace(**vars(member) | {'name': name})
    for name in names
  }
  plan = types.SimpleNamespace(
    runs_dir=tmp_path,
    executors=dict.fromkeys(names, 'vmap'),
    expanded=types.SimpleNamespace(members=members),
  )
  told = []
  watch = types.SimpleNamespace(
    end=lambda name, failed: told.append((name, failed)),
    wait=lambda name, holder: None,
  )
  (tmp_path / 'b').mkdir()
  found = worker.Worker(plan, watch, lambda: False, lambda *_: ends)
  assert found(worker.ScheduledTask(names, 'family'))
  assert told == [('a', False), ('b', True), ('c', True), ('e', True)]
  assert found.unfinished == {
    'b': ('failed', 'not finite'),
    'c': ('blocked', 'c/.lock: bad line'),
    'e': ('refused', 'config.init.masks: no good'),
  }
  stored = json.loads((tmp_path / 'b' / 'failed.json').read_text())
  assert stored == {'error': 'not finite'}
