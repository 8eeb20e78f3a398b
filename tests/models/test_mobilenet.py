import numpy as np
import pytest

from jaxsparse.core import fans, paths
from jaxsparse.core.distributions.erk import erk
from jaxsparse.models.mobilenet import mobilenet


def tiny(version):
  """A net cut down to a block of stride 2 and one that keeps the shape."""
  groups = {1: ((4, 2, 2),), 2: ((3, 1, 1), (4, 2, 2))}
  return mobilenet(version=version, stem='cifar', num_classes=3).clone(
    groups=groups[version], stem_channels=5, last_channels=7
  )


def test_passes_of_v1(numpy_nets):
  relu = numpy_nets.relu

  def forward(net, x):
    x = relu(net.norm(net.conv(x, 'conv'), 'norm'))
    for name, stride in (('group1_block1', 2), ('group1_block2', 1)):
      for layer, by in (('depthwise', stride), ('pointwise', 1)):
        x = net.conv(x, f'{name}/{layer}', by)
        x = relu(net.norm(x, f'{name}/{layer}_norm'))
    return net.logits(x)

  ran = numpy_nets.check(tiny(1), (16, 17, 3), forward)
  kernel = ran.params['group1_block2']['depthwise']['kernel']
  assert kernel.shape == (3, 3, 1, 4)


@pytest.mark.slow
def test_passes_of_v2(numpy_nets):
  def relu6(x):
    return np.clip(x, 0, 6)

  def forward(net, x):
    x = relu6(net.norm(net.conv(x, 'conv'), 'norm'))
    blocks = ('group1_block1', 'group2_block1', 'group2_block2')
    for name, stride in zip(blocks, (1, 2, 1), strict=True):
      y = x
      if name != 'group1_block1':
        y = net.conv(y, f'{name}/expand')
        y = relu6(net.norm(y, f'{name}/expand_norm'))
      y = net.conv(y, f'{name}/depthwise', stride)
      y = relu6(net.norm(y, f'{name}/depthwise_norm'))
      y = net.norm(net.conv(y, f'{name}/project'), f'{name}/project_norm')
      x = x + y if name == 'group2_block2' else y
    return net.logits(relu6(net.norm(net.conv(x, 'last_conv'), 'last_norm')))

  numpy_nets.check(tiny(2), (17, 16, 3), forward)


@pytest.mark.parametrize(('version', 'number'), [(1, 13), (2, 17)])
def test_depthwise_kernels_are_told_by_name(numpy_nets, version, number):
  params, _ = numpy_nets.abstract(mobilenet(version=version), (1, 32, 32, 3))
  shapes = {p: leaf.shape for p, leaf in paths.flatten(params).items()}
  kernels = {p: s for p, s in shapes.items() if paths.kernels(p, s)}
  depthwise = {p for p in kernels if paths.matches(p, '*/depthwise/kernel')}
  assert len(depthwise) == number
  for path, shape in kernels.items():
    assert (path in depthwise) == (shape[:3] == (3, 3, 1)), path
    axes = fans.find(fans.flax, path, shape)
    groups = shape[3] if path in depthwise else 1
    assert fans.units(shape, axes) == (groups * shape[-2], shape[-1])


def test_sparsity_over_all_but_depthwise_kernels_and_the_first(numpy_nets):
  """Nobody pays for what stays dense, as in the authors' code."""
  params, _ = numpy_nets.abstract(mobilenet(), (1, 32, 32, 3))
  dense = {'*/depthwise/kernel': 0, 'conv/kernel': 0}
  counts = paths.flatten(erk(params, 0.9, custom=dense))
  sizes = {
    p: leaf.size for p, leaf in paths.flatten(params).items() if p in counts
  }
  kept = {p for p in counts if 'depthwise' in p or p == 'conv/kernel'}
  assert all(counts[p] == sizes[p] for p in kept)
  rest = sum(sizes[p] for p in sizes.keys() - kept)
  # 44,640 weights of 13 depthwise kernels, 864 of the first convolution.
  assert sum(sizes.values()) - rest == 44_640 + 864
  active = sum(counts[p] for p in sizes.keys() - kept)
  assert 0 <= active - 0.1 * rest < len(sizes)


def test_width():
  assert mobilenet(width=0.47).stem_channels == 15
  assert mobilenet(width=0.47).groups[1] == (60, 2, 2)
  assert mobilenet(version=2, width=0.5).last_channels == 1280
  assert mobilenet(version=2, width=1.4).last_channels == 1792


@pytest.mark.parametrize(('version', 'stem'), [(1, 'imagenet'), (2, 'cifar')])
def test_images_that_do_not_fit(numpy_nets, version, stem):
  module = mobilenet(version=version, stem=stem)
  smallest = 32 if stem == 'imagenet' else 16
  for shape in (1, smallest - 1, smallest, 3), (smallest, smallest, 3):
    with pytest.raises(ValueError, match=f'h and w at least {smallest},'):
      numpy_nets.abstract(module, shape)


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'version': 3}, 'version is 3; accepted are 1, 2'),
    ({'stem': 'imagnet'}, "Did you mean 'imagenet'"),
    ({'width': 0.0}, 'width 0.0'),
    ({'num_classes': 0}, 'num_classes'),
    ({'kernel_init': 'he'}, 'kernel_init'),
    ({'dtype': 'f32'}, 'dtype'),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    mobilenet(**changes)
