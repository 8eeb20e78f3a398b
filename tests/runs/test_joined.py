"""Members of several workdirs trained together, killed, and gone on with."""

import json
import logging
import re
import shutil
import time

import jax
import pytest

from jaxsparse.runs.build import build
from jaxsparse.runs.population import train_together
from jaxsparse.runs.train import TrainingFailed, train
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import files
from jaxsparse.training.locks import WorkdirBusy, lock
from jaxsparse.training.loop import Interrupted


def kept_at(workdir, step):
  """The record of a checkpoint: a checksum of each leaf, and the account."""
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
    'probe': 'probe',
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
    assert kept_at(mine, 30).leaves == kept_at(theirs, 30).leaves
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
    'no checkpoint is common to all members; they start anew'
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
    train(configs[1], tmp_path / 'alone')
  step = int(re.search(r'at step (\d+)', str(alone.value))[1])
  # Stopped once after it failed, and started again.
  assert stop(configs, tmp_path, 6) > step
  results = together(configs, tmp_path)
  assert_same_end(tmp_path, results, whole, which=(0, 2))
  assert isinstance(results[1], TrainingFailed)
  assert f'the loss is not finite at step {step};' in str(results[1])
  failed = tmp_path / 'member_1'
  assert kept_at(failed, 30).meta['failed'] == {'0': step}
  assert kept_at(failed, 30).leaves == kept_at(failed, 0).leaves
  records = metrics.read(failed / 'metrics.jsonl')
  assert all(r['step'] <= step for r in records)
  assert not (failed / 'summary.json').exists()
  with pytest.raises(TrainingFailed, match=f'at step {step};'):
    train(configs[1], failed)


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
  assert results[1]['carry']['width'] == 1
  assert 'config.init.checkpoint: /nowhere' in str(results[2])
  assert isinstance(results[3], ValueError)
  assert not (tmp_path / 'member_2').exists()


def test_only_a_family_trains_together(make_config, tmp_path):
  configs = [make_config(batch_size=16), make_config(batch_size=17)]
  with pytest.raises(ValueError, match='must be of one family'):
    together(configs, tmp_path)
  assert list(tmp_path.iterdir()) == []
