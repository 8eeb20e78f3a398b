"""Runs trained together by vmap: against runs alone, killed, and resumed."""

import json
import logging
import re
import shutil
import time

import jax
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.errors import Interrupted, TrainingFailed, WorkdirBusy
from jaxsparse.locks import lock
from jaxsparse.runs import finished
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train, train_together
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import files


def kept_at(workdir, step):
  """The record of a checkpoint: a checksum of each leaf, and its meta."""
  return files.read_record(files.absolute(workdir / 'checkpoints' / str(step)))


def timeless(summary):
  times = ('wall_seconds', 'steps_per_second')
  return {k: v for k, v in summary.items() if k not in times}


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


@pytest.mark.parametrize(('how', 'width'), [('one_by_one', 13), ('vmap', 14)])
def test_members_take_one_program_of_each_kind(
  make_config, tmp_path, caplog, request, how, width
):
  # A width of its own, so that no other test has compiled for it.
  configs = grid(
    make_config,
    members=4,
    model__features=(width,),
    num_steps=12,
    eval__interval=12,
    checkpoint__interval=12,
  )
  # Not `jax.log_compiles`, which holds for one thread.
  jax.config.update('jax_log_compiles', True)
  request.addfinalizer(lambda: jax.config.update('jax_log_compiles', False))
  with caplog.at_level('WARNING', logger='jax'):
    if how == 'vmap':
      together(configs, tmp_path)
    else:
      for i, config in enumerate(configs):
        train(config, tmp_path / f'member_{i}', plots=False)
  compiled = re.findall(r'XLA compilation of jit\((\S+)\) in', caplog.text)
  kinds = {
    'first state': 'init',
    'train step': 'loop',
    'mask step': 'single',
    'evaluation': 'sums',
    'check': 'facts',
    'probe': 'probe',
    'gradient flow': 'flow',
  }
  counts = {kind: compiled.count(name) for kind, name in kinds.items()}
  assert counts == dict.fromkeys(kinds, 1), compiled
  active = [
    json.loads((tmp_path / f'member_{i}' / 'summary.json').read_text())
    for i in range(4)
  ]
  assert len({summary['active_weights'] for summary in active}) == 4


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
    assert kept_at(mine, 30).leaves == kept_at(theirs, 30).leaves
    for name in ('metrics.jsonl', 'config.json'):
      assert (mine / name).read_bytes() == (theirs / name).read_bytes()


def test_each_member_has_a_workdir_of_its_own(whole, make_config):
  root, results = whole
  for i, config in enumerate(grid(make_config, 3)):
    workdir = root / f'member_{i}'
    assert json.loads((workdir / 'summary.json').read_text()) == results[i]
    assert results[i]['execution'] == {'how': 'vmap', 'width': 3, 'devices': 8}
    counts = build(config).target_counts
    assert results[i]['active_weights'] == sum(counts.values())
    made_on = kept_at(workdir, 30).meta['made_on']
    assert [made_on[name] for name in ('executor', 'width', 'devices')] == [
      *('vmap', 3, 8),
    ]
    accuracy = results[i]['test_accuracy']
    records = metrics.read(workdir / 'metrics.jsonl')
    assert records[-1]['eval_accuracy'] == pytest.approx(accuracy)


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


def test_members_share_the_time_that_they_took_together(make_config, tmp_path):
  configs = grid(make_config, 3)
  began = time.perf_counter()
  stop(configs, tmp_path, 5)
  results = together(configs, tmp_path)
  took = time.perf_counter() - began
  seconds = [result['wall_seconds'] for result in results]
  assert min(seconds) > 0
  assert sum(seconds) <= took + 0.02  # Each is rounded.


def test_starting_anew_for_the_sake_of_others_is_told(
  whole, make_config, tmp_path, caplog
):
  configs = grid(make_config, 3)
  assert stop(configs, tmp_path, 5) == 11
  shutil.rmtree(tmp_path / 'member_2')
  # Beyond the end of what comes: nobody may take it for a step of theirs.
  stale = tmp_path / 'member_0' / 'checkpoints'
  shutil.copytree(stale / '10', stale / '10000')
  results = together(configs, tmp_path)
  assert caplog.messages[-1] == (
    'no checkpoint is common to all runs; they start anew'
  )
  assert not (stale / '10000').exists()
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
    train(configs[1], tmp_path / 'alone', plots=False)
  step = int(re.search(r'at step (\d+)', str(alone.value))[1])
  # Stopped once after it failed, and started again.
  assert stop(configs, tmp_path, 6) > step
  results = together(configs, tmp_path)
  assert_same_end(tmp_path, results, whole, which=(0, 2))
  assert isinstance(results[1], TrainingFailed)
  assert f'the loss is not finite at step {step};' in str(results[1])
  failed = tmp_path / 'member_1'
  assert kept_at(failed, 30).meta['failed'] == step
  assert kept_at(failed, 30).leaves == kept_at(failed, 0).leaves
  records = metrics.read(failed / 'metrics.jsonl')
  assert all(r['step'] <= step for r in records)
  assert not (failed / 'summary.json').exists()
  with pytest.raises(TrainingFailed, match=f'at step {step};'):
    train(configs[1], failed, plots=False)


def test_all_members_may_fail(make_config, tmp_path):
  configs = grid(make_config, 2, optimizer__name='sgd')
  for config in configs:
    config.optimizer.learning_rate = 1e30
  results = together(configs, tmp_path)
  assert all(isinstance(r, TrainingFailed) for r in results)
  assert str(results[1]).endswith('checkpoint is that of step 0')


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
  assert results[1]['execution']['width'] == 1
  assert 'config.init.checkpoint: /nowhere' in str(results[2])
  assert isinstance(results[3], ValueError)
  assert not (tmp_path / 'member_2').exists()


def test_only_a_family_trains_together(make_config, tmp_path):
  configs = [make_config(batch_size=16), make_config(batch_size=17)]
  with pytest.raises(ValueError, match='must be of one family'):
    together(configs, tmp_path)
  assert list(tmp_path.iterdir()) == []


STEPS, SEEDS = 60, (3, 4, 5)
METHODS = {
  'rigl': {},
  'set': {},
  'gmp': {'updater__stop_step': 50, 'updater__start_step': 5},
  'static': {},
}
# RigL takes no optimiser step on a mask step, and gradual pruning does.
_USUAL = ('rigl', 'gmp')


@pytest.mark.parametrize(
  'method',
  [
    name if name in _USUAL else pytest.param(name, marks=pytest.mark.slow)
    for name in METHODS
  ],
)
def test_under_vmap_a_run_is_close_to_the_run_alone(
  make_config, tmp_path, record_property, method
):
  configs = [
    make_config(
      method,
      **{'num_steps': STEPS, 'log_interval': 1, 'eval__interval': 10},
      **{'checkpoint__interval': STEPS // 2, 'gradient_flow__interval': 0},
      **METHODS[method],
      seed=seed,
    )
    for seed in SEEDS
  ]
  vmapped = together(configs, tmp_path)
  alone = [
    train(config, tmp_path / f'alone_{i}', plots=False)
    for i, config in enumerate(configs)
  ]
  differing, entries = 0, 0
  for i in range(len(SEEDS)):
    mine, theirs = tmp_path / f'member_{i}', tmp_path / f'alone_{i}'
    losses, expected = entries_of(mine, 'loss'), entries_of(theirs, 'loss')
    assert len(expected) == STEPS
    np.testing.assert_allclose(
      list(losses.values())[:50], list(expected.values())[:50], atol=1e-5
    )
    name = 'layer_sparsity'  # Each is a count of weights.
    assert entries_of(mine, name) == entries_of(theirs, name)
    masks = masks_of(theirs)
    differing += sum(np.sum(masks_of(mine)[p] != m) for p, m in masks.items())
    entries += sum(mask.size for mask in masks.values())
  share = float(differing / entries)
  record_property('share_of_mask_entries_that_differ', share)
  assert share < 0.01, f'{share:.4%} of all mask entries differ'
  one, vmap = ([r['test_accuracy'] for r in some] for some in (alone, vmapped))
  np.testing.assert_allclose(vmap, one, atol=np.std(one, ddof=1))


def entries_of(workdir, name):
  records = metrics.read(workdir / 'metrics.jsonl')
  return {r['step']: r[name] for r in records if name in r}


def masks_of(workdir):
  masks = finished.state(finished.load(workdir)).mask_state.masks
  return paths.flatten(jax.device_get(masks))


def test_a_run_of_a_group_goes_on_alone(make_config, tmp_path, caplog):
  config = make_config(seed=3, checkpoint__keep=9)
  assert stop([config], tmp_path, 5) == 11
  with caplog.at_level(logging.INFO, logger='jaxsparse'):
    result = train(config, tmp_path / 'member_0', plots=False)
  assert 'member_0: going on from step 11' in caplog.messages
  assert any('was on executor vmap and' in m for m in caplog.messages)
  assert result['execution']['how'] == 'one_by_one'
  assert max(entries_of(tmp_path / 'member_0', 'loss')) == 30
