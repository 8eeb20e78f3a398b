"""Runs whose batch and net are divided over 8 virtual devices."""

import collections

import jax
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.errors import Interrupted
from jaxsparse.runs import finished
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import Checkpoints
from jaxsparse.training.sharding import DEFAULT, Devices, layout

DATA = Devices(data=8)
DIVIDED = Devices(data=4, model=2, shard_params=True)


def last(workdir):
  """The masks and weights at the end of a run, by path."""
  state = finished.state(finished.load(workdir))
  flat = paths.flatten({'m': state.mask_state.masks, 'p': state.params})
  return {path: np.asarray(leaf) for path, leaf in flat.items()}


def assert_alike(found, expected):
  """Masks are equal, weights up to the order of sums."""
  assert found.keys() == expected.keys()
  for path, leaf in expected.items():
    if path.startswith('m'):
      np.testing.assert_array_equal(found[path], leaf, path)
    else:
      np.testing.assert_allclose(found[path], leaf, rtol=0, atol=1e-4)


@pytest.fixture(scope='module')
def alone(make_config, tmp_path_factory):
  """The workdir of a run of RigL on one device."""
  workdir = tmp_path_factory.mktemp('alone') / 'run'
  train(make_config(), workdir, plots=False)
  return workdir


@pytest.fixture
def saved(monkeypatch):
  """The masks of each save, a dict of the shards of each part by path."""
  seen = []
  save = Checkpoints.save

  def saving(self, step, state, meta):
    shards = collections.defaultdict(list)
    for path, leaf in paths.flatten(state.mask_state.masks).items():
      for shard in leaf.addressable_shards:
        shards[path, str(shard.index)].append(np.asarray(shard.data))
    seen.append(shards)
    save(self, step, state, meta)

  monkeypatch.setattr(Checkpoints, 'save', saving)
  return seen


@pytest.mark.parametrize(
  ('devices', 'copies'),
  [
    pytest.param(DATA, 8, id='data', marks=pytest.mark.slow),
    pytest.param(DIVIDED, 1, id='divided'),
  ],
)
def test_masks_are_those_of_one_device(
  make_config, tmp_path, alone, saved, devices, copies
):
  summary = train(make_config(), tmp_path / 'run', plots=False, devices=devices)
  assert_alike(last(tmp_path / 'run'), last(alone))
  assert summary['execution']['devices'] == 8
  assert len(saved) == 4
  for shards in saved:
    for same in shards.values():
      assert len(same) == copies
      assert all(np.array_equal(one, same[0]) for one in same)


@pytest.mark.parametrize(
  ('before', 'after'),
  [(DEFAULT, DIVIDED), (DIVIDED, DEFAULT)],
  ids=['one to eight', 'eight to one'],
)
def test_a_run_goes_on_on_other_devices(
  make_config, tmp_path, alone, caplog, before, after
):
  config, workdir = make_config(), tmp_path / 'run'
  with pytest.raises(Interrupted):
    train(
      config,
      workdir,
      plots=False,
      devices=before,
      interrupted=lambda: True,
    )
  # What is read is compared with the checksum of what was saved.
  train(config, workdir, plots=False, devices=after)
  assert 'device' in caplog.text
  assert_alike(last(workdir), last(alone))


@pytest.mark.parametrize(
  ('devices', 'accepted'),
  [
    (Devices(data=3), 'a multiple of 3'),
    (Devices(data=16), 'at most 8'),
    (Devices(data=0), 'whole numbers from 1'),
  ],
)
def test_devices_that_do_not_fit(make_config, tmp_path, devices, accepted):
  with pytest.raises(ValueError, match=accepted):
    train(make_config(), tmp_path / 'run', devices=devices)
  assert not list(tmp_path.iterdir())


def test_parts_of_a_batch_are_divided_too(make_config, tmp_path):
  config = make_config(compute__accumulation=4)
  with pytest.raises(ValueError, match='got 16 in 4 parts; .* of 32: 8 dev'):
    train(config, tmp_path / 'run', devices=DATA)


def test_arrays_of_one_shape_lie_alike():
  divided = layout(DIVIDED, 16)
  spec = jax.P
  shapes = {(784, 300): spec('data', 'model'), (300, 10): spec('data', 'model')}
  shapes |= {(3, 3, 5, 6): spec(None, None, None, 'model'), (7,): spec(None)}
  shapes |= {(): spec(), (64,): spec('data'), (0, 4): spec(None, 'model')}
  for shape, expected in shapes.items():
    assert divided.spec(shape) == expected
  assert layout(DATA, 16).spec((64, 8)) == spec(None, None)
  assert layout(DEFAULT, 16) is None


@pytest.mark.slow
@pytest.mark.parametrize('devices', [DATA, DIVIDED], ids=['data', 'divided'])
@pytest.mark.parametrize(
  'fields',
  [
    {'compute__accumulation': 2},
    {'compute__accumulation': 4, 'batch_size': 32},
    {'compute__rematerialise': True},
    {'anchors__runs': 'start', 'anchors__weight': 0.01},
    {'data__source': 'stream', 'data__workers': 0, 'data__augment': ('flip',)},
  ],
  ids=lambda fields: next(iter(fields)),
)
def test_what_else_a_run_does_is_divided_too(
  make_config, tmp_path, fields, devices
):
  for name, where in (('one', DEFAULT), ('eight', devices)):
    train(make_config(**fields), tmp_path / name, plots=False, devices=where)
  assert_alike(last(tmp_path / 'eight'), last(tmp_path / 'one'))


@pytest.mark.slow
@pytest.mark.parametrize('devices', [DATA, DIVIDED], ids=['data', 'divided'])
@pytest.mark.parametrize('method', ['rigl', 'set', 'gmp', 'grasp', 'level'])
def test_hundreds_of_steps_and_ten_mask_updates(
  make_config, tmp_path, twins, method, devices
):
  config = make_config('static' if method == 'level' else method)
  config.update(num_steps=440, log_interval=110)
  config.eval.interval = config.checkpoint.interval = 220
  config.gradient_flow.interval = 220
  config.updater.update(update_interval=30, stop_fraction=0.75)
  if method == 'level':
    config.updater.sparsity = 0.0
    config.pruning.level = 3
    config.init.update(
      checkpoint=str(twins / 'seed0'),
      checkpoint_step=0,
      masks=str(twins / 'seed0'),
    )
  for name, where in (('one', DEFAULT), ('eight', devices)):
    train(config, tmp_path / name, plots=False, devices=where)
  assert_alike(last(tmp_path / 'eight'), last(tmp_path / 'one'))
