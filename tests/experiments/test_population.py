"""Members together against members alone; 8 devices, members sharded."""

import json
import logging
import re
import shutil

import jax
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.core import paths
from jaxsparse.experiments.build import build
from jaxsparse.experiments.population import (
  choose_carry,
  family,
  train_together,
)
from jaxsparse.experiments.train import TrainingFailed, train
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import files
from jaxsparse.training.locks import WorkdirBusy, lock
from jaxsparse.training.loop import Interrupted

STEPS, SEEDS = 60, 3


def kept_at(workdir, step):
  """Arrays by path of a checkpoint, and the run's account in it."""
  directory = files.absolute(workdir / 'checkpoints' / str(step))
  record = files.read_record(directory)
  state = files.read(directory, record, files.read_structure(directory))
  return paths.flatten(jax.device_get(state)), record.meta


def arrays_of(workdir, member, step=STEPS):
  prefix = f'members/{member}/'
  return {
    path.removeprefix(prefix): array
    for path, array in kept_at(workdir, step)[0].items()
    if path.startswith(prefix)
  }


def bits_of(workdir, member=0, step=STEPS):
  return {p: a.tobytes() for p, a in arrays_of(workdir, member, step).items()}


def masks_of(workdir, member, step=STEPS):
  return {
    path: array
    for path, array in arrays_of(workdir, member, step).items()
    if path.startswith('mask_state/masks/')
  }


def records_of(workdir, member):
  return [
    r | {'replicate': 0}
    for r in metrics.read(workdir / 'metrics.jsonl')
    if r['replicate'] == member
  ]


def losses_of(workdir, member):
  return [r['loss'] for r in records_of(workdir, member) if 'loss' in r]


def timeless(summary):
  times = ('wall_seconds', 'steps_per_second')
  return {k: v for k, v in summary.items() if k not in times}


METHODS = {
  'rigl': {},
  'set': {},
  'gmp': {'updater__stop_step': 50, 'updater__start_step': 5},
  'static': {},
}


@pytest.fixture(scope='module', params=METHODS)
def carried(request, make_config, tmp_path_factory):
  """Seeds 3, 4 and 5 as runs of their own, one by one and under vmap."""
  root = tmp_path_factory.mktemp(request.param)

  def config(**fields):
    return make_config(
      request.param,
      **{'num_steps': STEPS, 'log_interval': 1, 'eval__interval': 10},
      **{'checkpoint__interval': STEPS // 2, 'eval__probe_size': 0},
      **METHODS[request.param],
      **fields,
    )

  summaries = {
    how: train(
      config(seed=3, replicates=SEEDS), root / how, carry=how, plots=False
    )
    for how in ('one_by_one', 'vmap')
  }
  for i in range(SEEDS):
    train(config(seed=3 + i), root / f'alone_{i}', plots=False)
  return root, summaries


def test_one_by_one_a_member_is_the_run_alone_bit_for_bit(carried):
  root, summaries = carried
  for i in range(SEEDS):
    alone = root / f'alone_{i}'
    for step in (0, STEPS // 2, STEPS):
      assert bits_of(root / 'one_by_one', i, step) == bits_of(alone, 0, step)
    assert records_of(root / 'one_by_one', i) == records_of(alone, 0)
    own = json.loads((alone / 'summary.json').read_text())['test_accuracy']
    values = summaries['one_by_one']['test_accuracy']['values']
    assert values[i] == own['mean']


def counts_of(workdir, member):
  """Sparsity of each layer at each evaluation; each is a count of weights."""
  return {
    r['step']: r['layer_sparsity']
    for r in records_of(workdir, member)
    if 'layer_sparsity' in r
  }


def test_under_vmap_a_member_is_close_to_the_run_alone(
  carried, record_property
):
  root, summaries = carried
  differing, entries = 0, 0
  for i in range(SEEDS):
    alone, member = root / f'alone_{i}', root / 'vmap'
    expected = losses_of(alone, 0)
    assert len(expected) == STEPS
    np.testing.assert_allclose(
      losses_of(member, i)[:50], expected[:50], rtol=0, atol=1e-5
    )
    assert counts_of(member, i) == counts_of(alone, 0)
    mine, theirs = masks_of(member, i), masks_of(alone, 0)
    differing += sum(np.sum(mine[path] != theirs[path]) for path in theirs)
    entries += sum(mask.size for mask in theirs.values())
  share = float(differing / entries)
  record_property('share_of_mask_entries_that_differ', share)
  assert share < 0.01, f'{share:.4%} of all mask entries differ'
  one, vmap = (
    summaries[how]['test_accuracy'] for how in ('one_by_one', 'vmap')
  )
  np.testing.assert_allclose(vmap['values'], one['values'], atol=one['std'])


def test_how_members_were_carried_is_kept(carried):
  root, summaries = carried
  carry = {how: summary['carry'] for how, summary in summaries.items()}
  assert carry == {
    'one_by_one': {'how': 'one_by_one', 'width': 1, 'devices': 1},
    'vmap': {'how': 'vmap', 'width': 3, 'devices': 8},
  }
  for how, expected in carry.items():
    made_on = kept_at(root / how, STEPS)[1]['made_on']
    assert made_on['carry'] == how
    assert made_on['width'] == expected['width']
    assert made_on['devices'] == expected['devices']


def grid(make_config, members=8, **fields):
  """Configs that differ in numbers alone."""
  return [
    make_config(
      seed=i,
      optimizer__learning_rate=0.02 * (i + 1),
      updater__sparsity=0.9 - 0.1 * i,
      updater__drop_fraction=0.1 + 0.05 * i,
      **fields,
    )
    for i in range(members)
  ]


def together(configs, root, **kwargs):
  members = [
    (build(config), root / f'member_{i}') for i, config in enumerate(configs)
  ]
  return train_together(members, **kwargs)


@pytest.mark.parametrize(('carry', 'width'), [('one_by_one', 13), ('vmap', 14)])
def test_eight_members_take_one_program_of_each_kind(
  make_config, tmp_path, caplog, carry, width
):
  # A width of its own, so that no other test has compiled for it.
  configs = grid(
    make_config,
    model__features=(width,),
    num_steps=12,
    eval__interval=12,
    checkpoint__interval=12,
  )
  with jax.log_compiles(), caplog.at_level('WARNING', logger='jax'):
    if carry == 'vmap':
      together(configs, tmp_path)
    else:
      for i, config in enumerate(configs):
        train(config, tmp_path / f'member_{i}', plots=False)
  compiled = re.findall(r'XLA compilation of jit\((\S+)\) in', caplog.text)
  kinds = {
    'train step': 'loop',
    'mask step': 'single',
    'evaluation': 'sums',
    'check': '_facts',
    'gradient norm': 'norm',
  }
  counts = {kind: compiled.count(name) for kind, name in kinds.items()}
  assert counts == dict.fromkeys(kinds, 1), compiled
  active = [
    json.loads((tmp_path / f'member_{i}' / 'summary.json').read_text())
    for i in range(8)
  ]
  assert len({summary['active_weights'] for summary in active}) == 8


@pytest.fixture(scope='module')
def whole(make_config, tmp_path_factory):
  """Three members, trained together without a break."""
  root = tmp_path_factory.mktemp('whole')
  return root, together(grid(make_config, 3), root)


def assert_same_end(root, results, whole, which=range(3)):
  reference, expected = whole
  for i in which:
    mine, theirs = (r / f'member_{i}' for r in (root, reference))
    assert timeless(results[i]) == timeless(expected[i])
    assert bits_of(mine, step=30) == bits_of(theirs, step=30)
    for name in ('metrics.jsonl', 'config.json'):
      assert (mine / name).read_bytes() == (theirs / name).read_bytes()


def test_each_member_has_a_workdir_of_its_own(whole, make_config):
  root, results = whole
  for i, config in enumerate(grid(make_config, 3)):
    workdir = root / f'member_{i}'
    assert json.loads((workdir / 'summary.json').read_text()) == results[i]
    assert results[i]['carry'] == {'how': 'vmap', 'width': 3, 'devices': 8}
    counts = build(config).target_counts
    assert results[i]['active_weights'] == sum(counts.values())
    (accuracy,) = results[i]['test_accuracy']['values']
    records = metrics.read(workdir / 'metrics.jsonl')
    assert records[-1]['eval_accuracy'] == pytest.approx(accuracy)
    assert {r['replicate'] for r in records} == {0}


def stop(configs, root, segments):
  """Stops a run when so many segments are done; tells the step."""
  asked = iter([False] * (segments - 1) + [True])
  with pytest.raises(Interrupted) as stopped:
    together(configs, root, interrupted=lambda: next(asked))
  return stopped.value.step


# Segments end at 1, 5, 6, 10, 11, 15, 16, 20, 21, 30; saves are at tens.
@pytest.mark.parametrize(
  ('segments', 'stopped', 'lost', 'resumed'),
  [
    (5, 11, {}, 11),
    (5, 11, {1: [11]}, 10),
    (9, 21, {0: [21], 2: [21, 20]}, 10),
    (4, 10, {0: [10, 0]}, 0),
  ],
)
def test_members_go_on_from_the_newest_step_that_all_have(
  whole, make_config, tmp_path, caplog, segments, stopped, lost, resumed
):
  configs = grid(make_config, 3)
  assert stop(configs, tmp_path, segments) == stopped
  for i, steps in lost.items():
    for step in steps:
      shutil.rmtree(tmp_path / f'member_{i}' / 'checkpoints' / str(step))
  with caplog.at_level(logging.INFO, logger='jaxsparse'):
    results = together(configs, tmp_path)
  said = [m for m in caplog.messages if 'going on' in m]
  expected = [f'member_{i}: going on from step {resumed}' for i in range(3)]
  assert said == (expected if resumed else [])
  assert_same_end(tmp_path, results, whole)


def test_what_is_left_at_the_end_is_told_with_the_width_it_was_made_with(
  whole, make_config, tmp_path, caplog
):
  """A kill between two summaries leaves fewer members for the next start."""
  shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
  (tmp_path / 'member_1' / 'summary.json').unlink()
  with caplog.at_level(logging.WARNING, logger='jaxsparse'):
    results = together(grid(make_config, 3), tmp_path)
  assert caplog.messages == []
  assert_same_end(tmp_path, results, whole)


def test_a_member_that_fails_leaves_the_others_as_they_were(
  whole, make_config, tmp_path
):
  configs = grid(make_config, 3)
  configs[1].optimizer.learning_rate = 1e30
  with pytest.raises(TrainingFailed) as alone:
    train(configs[1], tmp_path / 'alone')
  step = int(re.search(r'at step (\d+)', str(alone.value))[1])
  # Stopped once after it failed, and started again.
  assert stop(configs, tmp_path, 6) > step
  results = together(configs, tmp_path)
  assert_same_end(tmp_path, results, whole, which=(0, 2))
  assert isinstance(results[1], TrainingFailed)
  assert f'the loss is not finite at step {step};' in str(results[1])
  failed = tmp_path / 'member_1'
  arrays, meta = kept_at(failed, 30)
  assert meta['failed'] == {'0': step}
  assert all(np.all(np.isfinite(a)) for a in arrays.values())
  assert all(r['step'] <= step for r in records_of(failed, 0))
  assert not (failed / 'summary.json').exists()
  with pytest.raises(TrainingFailed, match=f'at step {step};'):
    train(configs[1], failed)


def test_all_members_may_fail(make_config, tmp_path):
  configs = grid(make_config, 2, optimizer__name='sgd')
  for config in configs:
    config.optimizer.learning_rate = 1e30
  results = together(configs, tmp_path)
  assert all(isinstance(r, TrainingFailed) for r in results)
  assert f'{tmp_path}/member_1/checkpoints is step 0' in str(results[1])


def test_a_member_that_cannot_begin_leaves_the_others_alone(
  make_config, tmp_path
):
  configs = grid(make_config, 4)
  configs[2].init.checkpoint = '/nowhere'
  (tmp_path / 'member_3').mkdir()
  (tmp_path / 'member_3' / 'mine').touch()
  with lock(tmp_path / 'member_0'):
    results = together(configs, tmp_path)
  assert isinstance(results[0], WorkdirBusy)
  assert results[1]['carry']['width'] == 1
  assert 'config.init.checkpoint: /nowhere' in str(results[2])
  assert isinstance(results[3], ValueError)
  assert not (tmp_path / 'member_2').exists()


def test_a_checkpoint_is_read_whatever_the_carry(make_config, tmp_path, caplog):
  config = make_config(seed=3, replicates=2, checkpoint__keep=9)
  asked = iter([False] * 4 + [True])
  with pytest.raises(Interrupted, match='step 11'):
    train(config, tmp_path, carry='vmap', interrupted=lambda: next(asked))
  with caplog.at_level(logging.INFO, logger='jaxsparse'):
    result = train(config, tmp_path, carry='one_by_one')
  assert f'{tmp_path.name}: going on from step 11' in caplog.messages
  assert any('was on carry vmap and' in m for m in caplog.messages)
  assert result['carry']['how'] == 'one_by_one'
  assert [r['step'] for r in records_of(tmp_path, 1)][-1] == 30


def test_who_reports_shows_the_progress(make_config, tmp_path, caplog):
  seen = []
  with caplog.at_level(logging.INFO, logger='jaxsparse'):
    train(
      make_config(),
      tmp_path,
      plots=False,
      report=lambda done, records: seen.append((done, len(records))),
    )
  assert seen[0] == (0, 1)
  assert seen[-1] == (30, 1)
  assert caplog.messages == []
  assert not (tmp_path / 'plots').exists()


@pytest.mark.parametrize(
  ('fields', 'same'),
  [
    ({'seed': 9}, True),
    ({'optimizer__learning_rate': 0.7, 'optimizer__weight_decay': 0.1}, True),
    ({'updater__sparsity': 0.5, 'updater__distribution': 'uniform'}, True),
    ({'updater__drop_fraction': 0.1, 'updater__dense_first': True}, True),
    ({'init': 'sparse'}, True),
    ({'checkpoint__keep': 7}, True),
    ({'model__features': (17,)}, False),
    ({'optimizer__momentum': 0.5}, False),
    ({'updater__drop_schedule': 'constant'}, False),
    ({'updater__update_interval': 6}, False),
    ({'num_steps': 31}, False),
    ({'batch_size': 17}, False),
    ({'eval__interval': 16}, False),
    ({'data__validation': 0.1}, False),
  ],
)
def test_a_family_is_what_compiles_once(make_config, fields, same):
  one, other = (family(build(make_config(**f))) for f in ({}, fields))
  assert (one == other) is same
  assert (hash(one) == hash(other)) is same


def test_methods_are_families_of_their_own(make_config):
  assert family(build(make_config('rigl'))) != family(build(make_config('set')))


def test_only_a_family_trains_together(make_config, tmp_path):
  configs = [make_config(batch_size=16), make_config(batch_size=17)]
  with pytest.raises(ValueError, match='must be of one family'):
    together(configs, tmp_path)
  assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
  ('backend', 'carry', 'chosen'),
  [
    ('cpu', 'auto', 'one_by_one'),
    ('gpu', 'auto', 'vmap'),
    ('tpu', 'auto', 'vmap'),
    ('cpu', 'vmap', 'vmap'),
    ('gpu', 'one_by_one', 'one_by_one'),
  ],
)
def test_how_members_are_carried(
  make_config, monkeypatch, caplog, backend, carry, chosen
):
  experiment = build(make_config())
  monkeypatch.setattr(jax, 'default_backend', lambda: backend)
  assert choose_carry(experiment, carry) == chosen
  assert caplog.messages == []


def test_a_carry_that_there_is_not_is_refused(make_config, tmp_path):
  with pytest.raises(ValueError, match="carry: got 'vmapp'; .*Did you mean"):
    train(make_config(), tmp_path / 'run', carry='vmapp')
  assert not (tmp_path / 'run').exists()


class ConvNet(nn.Module):
  @nn.compact
  def __call__(self, x, *, train=False):
    return nn.Conv(10, (3, 3))(x).mean(axis=(1, 2))


def conv_net(*, num_classes=10):
  return ConvNet()


def test_convolutions_under_vmap_on_cpu_are_warned_of(make_config, caplog):
  experiment = build(make_config(model=conv_net))
  assert choose_carry(experiment, 'auto') == 'one_by_one'
  assert caplog.messages == []
  assert choose_carry(experiment, 'vmap') == 'vmap'
  assert 'convolutions on CPU' in caplog.messages[0]
