"""Nets of the papers: their sizes, and how masks see them. Nothing compiles.

Params are those that torchvision, Keras (without moving statistics) and the
authors' code have; multiply-adds are published in the same places, or are half
of the FLOPs that the papers print.
"""

import functools
import math

import jax
import numpy as np
import pytest

from jaxsparse.core import fans, initialisation, masks, paths
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.models.conv_net import conv_net
from jaxsparse.models.mobilenet import mobilenet
from jaxsparse.models.resnet import resnet
from jaxsparse.models.vgg import vgg
from jaxsparse.models.vit import vit
from jaxsparse.models.wide_resnet import wide_resnet

RESNET = functools.partial(resnet, stem='cifar', num_classes=10)
VGG = functools.partial(vgg, pools=4, num_classes=10)

# name: module, side of the image, params, kernels, weights of the kernels,
# multiply-adds.
NETS = {
  # The convolutions alone have 14,710,464 weights.
  'VGG-16': (
    vgg(batch_norm=False, use_bias=False),
    (224, 15_222_464, 14, 15_222_464, 15_347_142_656),
  ),
  'VGG-16, CIFAR-10': (
    VGG(),
    (32, 14_724_042, 14, 14_715_584, 313_201_664),
  ),
  # GraSP prunes 20,024,000 weights of VGG-19 and 1,855,584 of ResNet-32.
  'VGG-19, CIFAR-10': (
    VGG(depth=19),
    (32, 20_035_018, 17, 20_024_000, 398_136_320),
  ),
  'ResNet-32 x2, CIFAR-10': (
    RESNET(depth=32, width=2.0),
    (32, 1_860_522, 34, 1_855_584, 275_612_928),
  ),
  # Frankle and Carbin print 4.3M, 2.4M and 2.3M weights.
  'Conv-2': (
    conv_net(depth=2),
    (32, 4_301_642, 5, 4_300_992, 43_780_608),
  ),
  'Conv-4': (
    conv_net(depth=4),
    (32, 2_425_930, 7, 2_425_024, 98_306_560),
  ),
  'Conv-6': (
    conv_net(depth=6),
    (32, 2_262_602, 9, 2_261_184, 153_881_088),
  ),
  'ResNet-20, padded': (
    RESNET(depth=20, shortcut='pad'),
    (32, 269_722, 20, 268_336, 40_551_040),
  ),
  'ResNet-20': (
    RESNET(depth=20),
    (32, 272_474, 22, 270_896, 40_813_184),
  ),
  'ResNet-56, padded': (
    RESNET(depth=56, shortcut='pad'),
    (32, 853_018, 56, 848_944, 125_485_696),
  ),
  'ResNet-18, CIFAR-10': (
    RESNET(depth=18),
    (32, 11_173_962, 21, 11_164_352, 555_422_720),
  ),
  'ResNet-18': (
    resnet(depth=18),
    (224, 11_689_512, 21, 11_678_912, 1_814_073_344),
  ),
  'ResNet-50': (
    resnet(depth=50),
    (224, 25_557_032, 54, 25_502_912, 4_089_184_256),
  ),
  # The reproduction of RigL prints 2.596e9 FLOPs and 3.1546e8 below.
  'ResNet-50, CIFAR-100': (
    resnet(depth=50, stem='cifar', num_classes=100),
    (32, 23_705_252, 54, 23_652_032, 1_298_014_208),
  ),
  'WRN-22-2': (
    wide_resnet(depth=22, width=2.0),
    (32, 1_079_642, 23, 1_076_912, 157_730_048),
  ),
  'WRN-28-10': (
    wide_resnet(depth=28, width=10.0),
    (32, 36_479_194, 29, 36_461_232, 5_243_328_768),
  ),
  'MobileNet v1': (
    mobilenet(version=1),
    (224, 4_231_976, 28, 4_209_088, 568_740_352),
  ),
  'MobileNet v2': (
    mobilenet(version=2),
    (224, 3_504_872, 53, 3_469_760, 300_774_272),
  ),
  # Of the 22,050,664 with a token for the class and learned positions, those
  # have 384 and 197 x 384.
  'ViT-S/16': (
    vit(),
    (224, 22_050_664 - 198 * 384, 74, 21_912_576, 4_574_026_752),
  ),
}


class Net:
  """A net's params, and what its forward pass multiplies by what."""

  def __init__(self, module, side):
    x = jax.ShapeDtypeStruct((1, side, side, 3), np.float32)
    variables = jax.eval_shape(module.init, jax.random.key(0), x)
    self.params = variables['params']
    self.shapes = {p: v.shape for p, v in paths.flatten(self.params).items()}
    rest = {k: v for k, v in variables.items() if k != 'params'}
    jaxpr = jax.make_jaxpr(
      lambda params, rest, x: module.apply({'params': params, **rest}, x)
    )(self.params, rest, x).jaxpr
    self.multiply_adds = 0
    self.units = {}  # (input units, output units) by path, in order of use.
    names = dict(zip(jaxpr.invars, self.shapes, strict=False))
    self._walk(jaxpr, names)

  def _walk(self, jaxpr, names):
    for eqn in jaxpr.eqns:
      for inner in eqn.params.values():
        if hasattr(inner, 'jaxpr'):
          self._walk(inner.jaxpr, {})
      if eqn.primitive.name in ('conv_general_dilated', 'dot_general'):
        left, right = eqn.invars
        out = eqn.outvars[0].aval.shape
        path = names.get(right)
        if eqn.primitive.name == 'dot_general':
          (contracted, _), _ = eqn.params['dimension_numbers']
          terms = math.prod(left.aval.shape[i] for i in contracted)
        else:
          terms = math.prod(right.aval.shape[:-1])
        self.multiply_adds += math.prod(out) * terms
        if path:
          self.units[path] = left.aval.shape[-1], out[-1]


@functools.cache
def net(name):
  return Net(NETS[name][0], NETS[name][1][0])


@pytest.mark.parametrize('name', NETS)
def test_sizes_are_the_published_ones(name):
  _, params, kernels, weights, multiply_adds = NETS[name][1]
  shapes = net(name).shapes
  chosen = [s for p, s in shapes.items() if paths.kernels(p, s)]
  assert len(chosen) == kernels
  assert sum(map(math.prod, chosen)) == weights
  assert sum(map(math.prod, shapes.values())) == params
  assert net(name).multiply_adds == multiply_adds


@pytest.mark.parametrize(
  ('build', 'classes', 'weights'),
  [
    (functools.partial(VGG, depth=19), 100, 20_070_080),
    (functools.partial(VGG, depth=19), 200, 20_121_280),
    (functools.partial(RESNET, depth=32, width=2.0), 100, 1_867_104),
    (functools.partial(RESNET, depth=32, width=2.0), 200, 1_879_904),
  ],
)
def test_more_classes_are_more_weights_as_in_grasp(build, classes, weights):
  shapes = Net(build(num_classes=classes), 32).shapes
  chosen = [s for p, s in shapes.items() if paths.kernels(p, s)]
  assert sum(map(math.prod, chosen)) == weights


@pytest.mark.parametrize(
  ('depth', 'weights'), [(2, 38_592), (4, 259_776), (6, 1_144_512)]
)
def test_convolutions_of_conv_nets(depth, weights):
  shapes = net(f'Conv-{depth}').shapes
  assert weights == sum(
    math.prod(shape)
    for path, shape in shapes.items()
    if path.startswith('conv') and path.endswith('/kernel')
  )


@pytest.mark.parametrize('build', [VGG, functools.partial(RESNET, depth=20)])
def test_without_affine_what_is_left_out_are_scales_and_shifts(build):
  affine, plain = Net(build(), 32).shapes, Net(build(affine=False), 32).shapes
  assert plain.items() <= affine.items()
  left_out = affine.keys() - plain.keys()
  assert left_out == {p for p in affine if 'norm' in p}


@pytest.mark.parametrize('depth', [20, 32])
def test_a_net_without_shortcuts_has_the_kernels_of_one_that_pads(depth):
  none, pad = (
    Net(RESNET(depth=depth, shortcut=s), 32).shapes for s in ('none', 'pad')
  )
  assert none == pad


@pytest.mark.parametrize('name', NETS)
def test_masks_are_for_what_multiplies_and_nothing_else(name):
  found = net(name)
  chosen = {p for p, s in found.shapes.items() if paths.kernels(p, s)}
  assert chosen == found.units.keys()
  for path in found.shapes.keys() - chosen:
    assert path.endswith(('/bias', '/scale')), path
    assert len(found.shapes[path]) == 1, path


@pytest.mark.parametrize('name', NETS)
def test_fans_know_the_units_of_every_kernel(name):
  for path, units in net(name).units.items():
    shape = net(name).shapes[path]
    axes = fans.find(fans.flax, path, shape)
    assert fans.units(shape, axes) == units, path


@pytest.mark.parametrize('name', NETS)
def test_names_are_in_forward_order(name):
  used = list(dict.fromkeys(p.split('/')[0] for p in net(name).units))
  assert used == paths.natural_order(used)
  if name not in ('MobileNet v2', 'ViT-S/16'):
    used = list(net(name).units)
    assert used == paths.natural_order(used)


@pytest.mark.parametrize('name', ['VGG-16', 'MobileNet v1', 'ViT-S/16'])
def test_weights_may_be_drawn_for_the_masks(name):
  params = net(name).params
  counts = erk(params, 0.9)
  full = jax.eval_shape(lambda p: masks.full_masks(p, counts), params)
  drawn = jax.eval_shape(
    functools.partial(initialisation.sparse, fan='fan_avg'),
    params,
    full,
    key=jax.random.key(0),
  )
  assert jax.tree.map(lambda x: x.shape, drawn) == jax.tree.map(
    lambda x: x.shape, params
  )


@pytest.mark.parametrize(
  ('name', 'sparsity', 'dense', 'erk_weights', 'uniform_weights'),
  [
    ('ResNet-50', 0.5, 32, 12_751_469, 12_756_160),
    ('ResNet-50', 0.8, 8, 5_100_630, 5_108_133),
    ('ResNet-50', 0.9, 1, 2_550_353, 2_558_785),
    ('ResNet-50', 0.95, 0, 1_275_200, 1_284_111),
    ('ResNet-50', 0.965, 0, 892_651, 901_710),
    ('ResNet-50, CIFAR-100', 0.5, 33, 11_826_025, 11_826_880),
    ('ResNet-50, CIFAR-100', 0.8, 9, 4_730_453, 4_731_813),
    ('ResNet-50, CIFAR-100', 0.9, 2, 2_365_249, 2_366_785),
    ('ResNet-50, CIFAR-100', 0.95, 0, 1_182_655, 1_184_271),
  ],
)
def test_distributions_give_the_published_totals(
  name, sparsity, dense, erk_weights, uniform_weights
):
  found = net(name)
  counts = paths.flatten(erk(found.params, sparsity))
  assert sum(counts.values()) == erk_weights
  full = [p for p, n in counts.items() if n == math.prod(found.shapes[p])]
  assert len(full) == dense
  counts = paths.flatten(uniform(found.params, sparsity, dense_first=True))
  assert counts['conv/kernel'] == math.prod(found.shapes['conv/kernel'])
  assert sum(counts.values()) == uniform_weights
