"""Members together against members alone; 8 devices, members sharded."""

import json
import logging

import jax
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.core import paths
from jaxsparse.runs.build import build
from jaxsparse.runs.population import choose_carry, family
from jaxsparse.runs.train import train
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import files
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


METHODS = {
  'rigl': {},
  'set': {},
  'gmp': {'updater__stop_step': 50, 'updater__start_step': 5},
  'static': {},
}


# RigL takes no optimiser step on a mask step, and gradual pruning does.
_USUAL = ('rigl', 'gmp')


@pytest.fixture(
  scope='module',
  params=[
    name if name in _USUAL else pytest.param(name, marks=pytest.mark.slow)
    for name in METHODS
  ],
)
def carried(request, make_config, tmp_path_factory):
  """Seeds 3, 4 and 5 as runs of their own, one by one and under vmap."""
  root = tmp_path_factory.mktemp(request.param)

  def config(**fields):
    return make_config(
      request.param,
      **{'num_steps': STEPS, 'log_interval': 1, 'eval__interval': 10},
      **{'checkpoint__interval': STEPS // 2, 'gradient_flow__interval': 0},
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
