import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.models import _nets
from jaxsparse.models.resnet import ResNet, ResNetBlock, resnet

TINY = {'depth': 8, 'width': 0.25, 'stem': 'cifar', 'num_classes': 3}


@pytest.mark.parametrize('shortcut', ['projection', 'pad', 'none'])
def test_passes_of_basic_blocks(numpy_nets, shortcut):
  relu = numpy_nets.relu

  def forward(net, x):
    x = relu(net.norm(net.conv(x, 'conv'), 'norm'))
    for group in (1, 2):
      name, stride = f'group{group}_block1', group
      y = net.conv(x, f'{name}/conv_1', stride)
      y = relu(net.norm(y, f'{name}/norm_1'))
      y = net.norm(net.conv(y, f'{name}/conv_2'), f'{name}/norm_2')
      if group > 1 and shortcut == 'projection':
        x = net.conv(x, f'{name}/shortcut', 2)
        x = net.norm(x, f'{name}/shortcut_norm')
      elif group > 1 and shortcut == 'pad':
        x = x[:, ::2, ::2]
        x = np.concatenate([x, np.zeros_like(x)], axis=-1)
      x = relu(y if shortcut == 'none' else x + y)
    return net.logits(x)

  module = resnet(**TINY, shortcut=shortcut).clone(
    blocks=(1, 1), channels=(4, 8)
  )
  ran = numpy_nets.check(module, (8, 5, 3), forward)
  projections = [p for p in paths.flatten(ran.params) if 'shortcut/' in p]
  assert len(projections) == (shortcut == 'projection')


def test_passes_of_bottlenecks_and_the_stem_for_imagenet(numpy_nets):
  relu = numpy_nets.relu

  def max_pool(x):
    """3x3 windows at every second position; after ReLU, 0 pads as well."""
    h, w = (-(-n // 2) for n in x.shape[1:3])
    x = np.pad(x, ((0, 0), (1, 2), (1, 2), (0, 0)))
    shifts = [(i, j) for i in range(3) for j in range(3)]
    windows = [x[:, i::2, j::2][:, :h, :w] for i, j in shifts]
    return np.max(windows, axis=0)

  def forward(net, x):
    x = max_pool(relu(net.norm(net.conv(x, 'conv', 2), 'norm')))
    for name, stride in (('group2_block1', 2), ('group2_block2', 1)):
      y = relu(net.norm(net.conv(x, f'{name}/conv_1'), f'{name}/norm_1'))
      y = net.conv(y, f'{name}/conv_2', stride)
      y = relu(net.norm(y, f'{name}/norm_2'))
      y = net.norm(net.conv(y, f'{name}/conv_3'), f'{name}/norm_3')
      if stride == 2:
        x = net.conv(x, f'{name}/shortcut', 2)
        x = net.norm(x, f'{name}/shortcut_norm')
      x = relu(x + y)
    return net.logits(x)

  module = ResNet(
    blocks=(0, 2),
    channels=(4, 6),
    bottleneck=True,
    stem='imagenet',
    shortcut='projection',
    zero_init=False,
    num_classes=3,
    layers=_nets.layers('he_normal', 'float32'),
  )
  ran = numpy_nets.check(module, (19, 14, 3), forward)
  assert ran.params['logits']['kernel'].shape == (24, 3)


@pytest.mark.parametrize('zero', [False, True])
def test_the_last_scale_of_a_block_may_start_at_zero(key, zero):
  module = resnet(**TINY, zero_init_residual=zero)
  block = ResNetBlock(
    ((2, 1, 1), (2, 1, 1)), 'pad', module.zero_init, module.layers
  )
  init = jax.jit(functools.partial(block.init, train=False))
  params = init(key, jnp.ones((1, 1, 1, 2)))['params']
  assert np.all(params['norm_1']['scale'] == 1)
  assert np.all(params['norm_2']['scale'] == (0 if zero else 1))


@pytest.mark.parametrize(
  ('depth', 'blocks', 'bottleneck'),
  [
    (18, (2, 2, 2, 2), False),
    (34, (3, 4, 6, 3), False),
    (50, (3, 4, 6, 3), True),
    (20, (3, 3, 3), False),
    (56, (9, 9, 9), False),
  ],
)
def test_depths(depth, blocks, bottleneck):
  module = resnet(depth=depth, stem='cifar')
  assert (module.blocks, module.bottleneck) == (blocks, bottleneck)
  # Convolutions and the classifier make up the depth.
  per_block = 3 if bottleneck else 2
  assert 2 + per_block * sum(module.blocks) == depth


@pytest.mark.parametrize(
  ('module', 'smallest'),
  [
    (resnet(depth=18), 32),
    (resnet(depth=18, stem='cifar'), 8),
    (resnet(**TINY), 4),
  ],
)
def test_images_that_do_not_fit(numpy_nets, module, smallest):
  numpy_nets.abstract(module, (1, smallest, smallest, 3))
  for shape in (1, smallest, smallest - 1, 3), (smallest, smallest, 3):
    with pytest.raises(ValueError, match=f'h and w at least {smallest},'):
      numpy_nets.abstract(module, shape)


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'depth': 21, 'stem': 'cifar'}, 'depth 21: accepted are 18, 34, 50'),
    ({'depth': 2, 'stem': 'cifar'}, 'depth 2'),
    ({'depth': 20.0, 'stem': 'cifar'}, 'depth 20.0'),
    ({'depth': 20}, "stem 'imagenet': a resnet of depth 20"),
    ({'stem': 'cifr'}, "Did you mean 'cifar'"),
    ({'shortcut': 'identity'}, 'accepted are projection, pad, none'),
    ({'width': -1.0}, 'width -1.0'),
    ({'num_classes': 0}, 'num_classes'),
    ({'dtype': 'half'}, 'dtype'),
    ({'zero_init_residual': True, 'affine': False}, 'accepted with affine'),
    ({'zero_init_residual': True, 'shortcut': 'none'}, 'other than none'),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    resnet(**changes)
