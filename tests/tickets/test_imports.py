"""Nets of other programs, imported, against transposes by hand."""

import pathlib
import subprocess

import jax
import numpy as np
import pytest
from safetensors.numpy import save_file

from jaxsparse.core import paths
from jaxsparse.runs import reading
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.tickets import imports
from jaxsparse.training.checkpoints import load_params

SCRIPT = pathlib.Path(__file__).with_name('pruned_net.py')


def leaves(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


@pytest.fixture
def weights():
  """The state dict of a net 64-16-10 of PyTorch, as prune leaves it."""
  rng = np.random.default_rng(0)
  state = {}
  for layer, shape in (('fc1', (16, 64)), ('fc2', (10, 16))):
    state[f'{layer}.bias'] = rng.normal(size=shape[:1])
    state[f'{layer}.weight_orig'] = rng.normal(size=shape)
    state[f'{layer}.weight_mask'] = rng.random(shape) < 0.3
  return {name: array.astype(np.float32) for name, array in state.items()}


@pytest.fixture
def config(make_config):
  return make_config('static', num_steps=6)


def plain(weights):
  """The same under the names `weight` and `mask`."""
  return {
    name.replace('weight_orig', 'weight').replace('weight_mask', 'mask'): array
    for name, array in weights.items()
  }


def check(out, weights):
  params, masks = map(leaves, load_params(out))
  for layer, ours in (('fc1', 'Dense_0'), ('fc2', 'Dense_1')):
    kernel, mask = (weights[f'{layer}.weight_{w}'] for w in ('orig', 'mask'))
    np.testing.assert_array_equal(params[f'{ours}/kernel'], kernel.T)
    np.testing.assert_array_equal(masks[f'{ours}/kernel'], mask.T == 1)
    np.testing.assert_array_equal(
      params[f'{ours}/bias'], weights[f'{layer}.bias']
    )
  assert len(masks) == 2


def test_a_pruned_state_dict_trains_here(weights, config, tmp_path):
  np.savez(tmp_path / 'net.npz', **weights)
  net = imports.convert(tmp_path / 'net.npz', tmp_path / 'out', config=config)
  check(tmp_path / 'out', weights)
  assert net.leaves['fc1.weight'] == 'Dense_0/kernel'
  for field, value in imports.fields(net.masks, tmp_path / 'out').items():
    section, name = field.split('.')
    config[section][name] = value
  summary = train(config, tmp_path / 'run', plots=False)
  counts = [int(weights[f'{fc}.weight_mask'].sum()) for fc in ('fc1', 'fc2')]
  assert summary['active_weights'] == sum(counts)
  _, masks = map(leaves, load_params(tmp_path / 'run', step=6))
  assert [int(mask.sum()) for mask in masks.values()] == counts
  np.testing.assert_array_equal(
    masks['Dense_1/kernel'], weights['fc2.weight_mask'].T == 1
  )


def test_weight_and_mask_and_a_file_of_masks(weights, config, tmp_path):
  path, out = tmp_path / 'net.npz', tmp_path / 'out'
  np.savez(path, **plain(weights))
  imports.convert(path, out, config=config)
  check(out, weights)
  # As open_lth has them: masks under the names of the weights.
  both = plain(weights)
  masks = {n[:-4] + 'weight': m for n, m in both.items() if n.endswith('mask')}
  state = {n: w for n, w in both.items() if not n.endswith('mask')}
  save_file(state, tmp_path / 'net.safetensors')
  np.savez(tmp_path / 'masks.npz', **masks)
  imports.convert(
    tmp_path / 'net.safetensors',
    out,
    config=config,
    masks=tmp_path / 'masks.npz',
  )
  check(out, weights)
  np.savez(path, **{f'{n}_mask': mask for n, mask in masks.items()})
  with pytest.raises(ValueError, match='it holds masks alone'):
    imports.convert(path, out, config=config)


def test_a_pytree_of_flax_keeps_its_layout(weights, config, tmp_path):
  """As of jaxpruner, whose masks are uint8."""
  tree, masks = {}, {}
  for layer, ours in (('fc1', 'Dense_0'), ('fc2', 'Dense_1')):
    tree[f'{ours}/kernel'] = weights[f'{layer}.weight_orig'].T
    tree[f'{ours}/bias'] = weights[f'{layer}.bias']
    masks[f'{ours}/kernel'] = weights[f'{layer}.weight_mask'].T.astype(np.uint8)
  np.savez(tmp_path / 'params.npz', **tree)
  np.savez(tmp_path / 'masks.npz', **masks)
  net = imports.convert(
    tmp_path / 'params.npz',
    tmp_path / 'out',
    config=config,
    masks=tmp_path / 'masks.npz',
  )
  check(tmp_path / 'out', weights)
  assert net.leaves == {}


def test_layers_without_a_mask_get_a_full_one(weights, config, tmp_path):
  weights['fc2.weight_mask'] = np.ones_like(weights['fc2.weight_mask'])
  state = dict(weights)
  del state['fc2.weight_mask']
  np.savez(tmp_path / 'net.npz', **state)
  imports.convert(tmp_path / 'net.npz', tmp_path / 'out', config=config)
  check(tmp_path / 'out', weights)


def test_a_dense_net_has_no_masks(weights, config, tmp_path):
  state = {n: w for n, w in weights.items() if not n.endswith('mask')}
  np.savez(tmp_path / 'net.npz', **state)
  net = imports.convert(tmp_path / 'net.npz', tmp_path / 'out', config=config)
  assert load_params(tmp_path / 'out')[1] is None
  assert list(imports.fields(net.masks, tmp_path / 'out')) == [
    'init.checkpoint'
  ]


def test_modules_in_another_order_need_a_map(weights, config, tmp_path):
  swapped = {n: weights[n] for n in sorted(weights, reverse=True)}
  path, out = tmp_path / 'net.npz', tmp_path / 'out'
  np.savez(path, **swapped)
  with pytest.raises(
    ValueError, match=r"'fc2.weight' has shape \(10, 16\), in Flax \(16, 10\);"
  ):
    imports.convert(path, out, config=config)
  imports.convert(path, out, config=config, mapping={'fc1': 'Dense_0'})
  check(out, weights)
  for mapping, reason in (
    ({'fc3': 'Dense_0'}, "--map: got 'fc3'; accepted are fc2, fc1"),
    ({'fc1': 'Dense_2'}, "--map: got 'Dense_2'; accepted are Dense_0, Dense_1"),
  ):
    with pytest.raises(ValueError, match=reason):
      imports.convert(path, out, config=config, mapping=mapping)


@pytest.mark.parametrize(
  ('change', 'reason'),
  [
    ({'fc3.weight': np.ones((10, 10))}, 'the modules fc1, fc2, fc3, and the'),
    ({'fc1.gain': np.ones(16)}, "fc1.gain has no counterpart .* 'Dense_0'"),
    ({'fc1.weight_mask': np.ones((16, 63))}, r"mask of 'fc1.weight' has shape"),
    ({'fc1.weight_mask': np.full((16, 64), 0.5)}, 'other than 0 and 1'),
    (
      {'fc9.weight_mask': np.ones((2, 2))},
      "mask of 'fc9.weight' has no weight",
    ),
    ({'fc1.bias': None}, "leaf 'Dense_0/bias' has no counterpart in 'fc1'"),
    ({'fc1.bias': np.ones(15)}, r"'fc1.bias' has shape \(15,\)"),
    ({'fc1.bias': np.array(['a'], object)}, 'cannot be read: Object arrays'),
  ],
)
def test_what_does_not_fit_is_named(weights, config, tmp_path, change, reason):
  state = {n: a for n, a in (weights | change).items() if a is not None}
  np.savez(tmp_path / 'net.npz', **state)
  with pytest.raises(ValueError, match=f'net.npz.*{reason}'):
    imports.convert(tmp_path / 'net.npz', tmp_path / 'out', config=config)
  assert not (tmp_path / 'out').exists()


def test_files_of_other_kinds_are_refused(config, tmp_path):
  for name, content, reason in (
    ('net.pth', b'', 'is a pickle, which can run code'),
    ('net.txt', b'', 'accepted are .safetensors, .npz'),
    ('net.npz', b'', 'cannot be read'),
    ('net.safetensors', b'', 'cannot be read'),
  ):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f'{name}.*{reason}'):
      imports.convert(tmp_path / name, tmp_path / 'out', config=config)
  with pytest.raises(ValueError, match='does not exist'):
    imports.convert(tmp_path / 'no.npz', tmp_path / 'out', config=config)
  np.savez(tmp_path / 'some.npz', a=np.ones(2))
  with pytest.raises(ValueError, match='--config is required'):
    imports.convert(tmp_path / 'some.npz', tmp_path / 'out')


def test_a_convolutional_net_of_pytorch_has_the_same_logits(
  make_config, tmp_path, torch_python
):
  """Also where a dense layer takes what was flattened channels first."""
  config = make_config('static', model='lenet5', data__name='mnist')
  state, inputs, out = (tmp_path / n for n in ('s.npz', 'x.npy', 'y.npy'))
  images = np.random.default_rng(0).normal(size=(20, 28, 28, 1))
  np.save(inputs, images.astype(np.float32))
  subprocess.run([torch_python, SCRIPT, state, inputs, out], check=True)
  net = imports.convert(state, tmp_path / 'out', config=config)
  params = jax.tree.map(
    lambda p, m: p if m is None else np.where(m, p, 0),
    *(net.params, net.masks),
    is_leaf=lambda x: x is None,
  )
  module = build(config, reading.describe).module
  logits = module.apply({'params': params}, np.load(inputs))
  np.testing.assert_allclose(np.load(out), logits, rtol=0, atol=1e-5)
