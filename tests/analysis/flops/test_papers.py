"""The tables of Evci et al. 2020, "Rigging the Lottery", recounted.

Their counter pads images before convolutions with strides and again at the
border, so that those have a row and a column of outputs more than the nets; and
it takes depthwise kernels to have one output each.
"""

import functools
import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import pytest

from jaxsparse.analysis import flops
from jaxsparse.analysis.flops import training
from jaxsparse.core import paths
from jaxsparse.core.distributions.er import er
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.models.mobilenet import mobilenet
from jaxsparse.models.resnet import resnet

IMAGE = jax.ShapeDtypeStruct((1, 224, 224, 3), jnp.float32)
FIRST = {'conv/kernel': 0}
DEPTHWISE = {'*/depthwise/kernel': 0}
# Outputs along an axis, of the net and as printed.
PADDED = {
  'conv/kernel': (112, 113),
  'group2_block1/depthwise/kernel': (56, 57),
  'group3_block1/depthwise/kernel': (28, 29),
  'group4_block1/depthwise/kernel': (14, 15),
  'group5_block1/depthwise/kernel': (7, 8),
}


def scaled(tree, factors):
  """A tree of integers, some multiplied."""
  return paths.map_with_path(lambda p, n: int(n * factors.get(p, 1)), tree)


@functools.cache
def found_in(module):
  variables = jax.eval_shape(module.init, jax.random.key(0), IMAGE)
  return variables['params'], flops.macs(module.apply, variables, IMAGE)


def test_the_image_is_padded_twice_where_the_net_begins_with_a_stride():
  params, _ = resnet_50()
  _, net = found_in(resnet(depth=50))
  own = flops.Macs(net.leaves['params'], net.outputs['params'], net.rest)
  _, expected = resnet_50()
  found = flops.padded_twice(own, params, 'conv/kernel', IMAGE.shape[1:])
  assert found == expected


@pytest.mark.parametrize(
  ('kernel', 'image', 'positions', 'expected'),
  [
    ((3, 3, 3, 8), (224, 224, 3), 112 * 112, 113 * 113),
    ((7, 5, 3, 8), (30, 20, 3), 10 * 7, 12 * 8),
    # No stride; none, and not padded; patches; dense; text.
    ((3, 3, 3, 8), (32, 32, 3), 32 * 32, 32 * 32),
    ((5, 5, 1, 6), (28, 28, 1), 24 * 24, 24 * 24),
    ((16, 16, 3, 8), (224, 224, 3), 14 * 14, 14 * 14),
    ((784, 300), (28, 28, 1), 1, 1),
    ((128, 1536), (512,), 512, 512),
  ],
)
def test_what_is_padded_twice(kernel, image, positions, expected):
  params = {'first': jax.ShapeDtypeStruct(kernel, jnp.float32), 'next': IMAGE}
  weights = math.prod(kernel)
  found = flops.padded_twice(
    flops.Macs(
      {'first': positions * weights, 'next': 7},
      {'first': positions * kernel[-1], 'next': 5},
      {'constant x constant': 3},
    ),
    params,
    'first',
    image,
  )
  assert found.leaves == {'first': expected * weights, 'next': 7}
  assert found.outputs == {'first': expected * kernel[-1], 'next': 5}
  assert found.rest == {'constant x constant': 3}


def counted(module, padded):
  """The params of a net, and its multiply-adds as printed."""
  variables = jax.eval_shape(module.init, jax.random.key(0), IMAGE)
  params = variables['params']
  found = flops.macs(module.apply, variables, IMAGE)
  assert not found.rest
  wider = {p: Fraction(new, old) ** 2 for p, (old, new) in padded.items()}
  single = {
    path: Fraction(1, leaf.shape[-1])
    for path, leaf in paths.flatten(params).items()
    if 'depthwise/kernel' in path
  }
  outputs = scaled(scaled(found.outputs['params'], wider), single)
  return params, flops.Macs(
    scaled(found.leaves['params'], wider), outputs, found.rest
  )


@functools.cache
def resnet_50():
  return counted(resnet(depth=50), {'conv/kernel': (112, 115)})


@functools.cache
def mobilenet_v1():
  return counted(mobilenet(version=1), PADDED)


def cost(net, counts=None):
  params, found = net()
  return flops.inference(found, params, counts, convention=flops.micronet)


def share(net, counts):
  return cost(net, counts) / cost(net)


def test_dense_nets():
  assert cost(resnet_50) == pytest.approx(8.2023e9, rel=1e-5)
  assert cost(mobilenet_v1) == pytest.approx(1141.544e6, abs=500)
  of_training = training.dense(cost(resnet_50)) * 32_000 * 4096
  assert of_training == pytest.approx(3.225e18, rel=1e-4)


@pytest.mark.parametrize(
  ('sparsity', 'spread', 'custom', 'infer', 'rigl', 'rigl_5x', 'snfs'),
  [
    ('0.8', erk, {}, 0.4153, 0.4172, 2.086, 0.610),
    ('0.8', uniform, FIRST, 0.2254, 0.2279, 1.140, 0.484),
    ('0.8', er, {}, 0.4546, 0.456, 2.28, 0.636),
    ('0.9', erk, {}, 0.2431, 0.2456, 1.228, 0.495),
    ('0.9', uniform, FIRST, 0.1285, 0.1314, 0.657, 0.419),
    ('0.9', uniform, {}, 0.1012, 0.1042, 0.521, 0.401),
    ('0.95', erk, {}, 0.1230, 0.1259, 0.630, 0.415),
    ('0.95', uniform, FIRST, 0.0801, 0.0831, 0.416, 0.387),
    ('0.965', erk, {}, 0.0865, 0.0895, 0.448, 0.391),
    ('0.965', erk, FIRST, 0.1125, 0.1154, 0.577, 0.408),
    ('0.965', uniform, FIRST, 0.0656, 0.0687, 0.343, 0.377),
    ('0.99', erk, FIRST, 0.0548, 0.0579, 0.290, 0.370),
  ],
)
def test_resnet_50(sparsity, spread, custom, infer, rigl, rigl_5x, snfs):
  params, _ = resnet_50()
  sparse = cost(resnet_50, spread(params, sparsity, custom=custom))
  dense = cost(resnet_50)
  assert sparse / dense == pytest.approx(infer, abs=2e-4)
  found = training.rigl(sparse, dense, update_interval=100)
  assert found / training.dense(dense) == pytest.approx(rigl, abs=5e-4)
  assert 5 * found / training.dense(dense) == pytest.approx(rigl_5x, abs=2.5e-3)
  found = training.snfs(sparse, dense)
  assert found / training.dense(dense) == pytest.approx(snfs, abs=6e-4)


@pytest.mark.parametrize(
  ('sparsity', 'expected'),
  [('0.8', 0.560), ('0.9', 0.505), ('0.95', 0.478), ('0.965', 0.469)],
)
def test_gradual_pruning_of_resnet_50(sparsity, expected):
  # From step 10,000 to 25,000 of 32,000, looked at each 1000. The classifier
  # ends at 80 %.
  params, _ = resnet_50()
  costs = []
  for thousands in range(33):
    left = 1 - min(max(Fraction(thousands - 10, 15), 0), 1)
    ramp = 1 - left**3
    custom = FIRST | {'logits/kernel': Fraction('0.8') * ramp}
    counts = uniform(params, Fraction(sparsity) * ramp, custom=custom)
    costs.append(share(resnet_50, counts))
  assert training.gmp(costs) / 3 == pytest.approx(expected, abs=8e-4)


@pytest.mark.parametrize(
  ('spread', 'custom', 'expected'),
  [
    (erk, DEPTHWISE, (599.144, 439.152, 334.134, 205.281)),
    (uniform, FIRST | DEPTHWISE, (330.769, 222.666, 168.614, 114.563)),
    (erk, FIRST, (588.355, 422.419, 312.956, 180.359)),
  ],
)
def test_mobilenet_v1(spread, custom, expected):
  params, _ = mobilenet_v1()
  found = [
    cost(mobilenet_v1, spread(params, sparsity, custom=custom)) / 10**6
    for sparsity in ('0.75', '0.85', '0.9', '0.95')
  ]
  # Here counts are of whole weights, there densities are real numbers.
  assert found == pytest.approx(expected, abs=0.08)


def test_mobilenet_v1_as_in_figure_3():
  # Depthwise kernels are dense in training, and sparse in this count.
  params, _ = mobilenet_v1()
  found = [
    share(mobilenet_v1, uniform(params, sparsity, custom=FIRST))
    for sparsity in ('0.75', '0.9')
  ]
  assert found == pytest.approx([0.267, 0.120], abs=5e-4)


def test_sizes_of_resnet_50():
  # The bytes that the authors' code prints: every layer has biases, and one
  # without zeros has no bits.
  params, _ = resnet_50()
  dense = jax.tree.map(lambda _: None, params)

  def millions_of(counts):
    return flops.bitmask_bytes(params, counts, layers_alone=True) / 1e6

  assert millions_of(dense) == pytest.approx(102.122, abs=5e-4)
  for sparsity, custom, millions in (
    ('0.8', {}, 23.683),
    ('0.9', {}, 13.499),
    ('0.95', {}, 8.399),
    ('0.965', FIRST, 6.904),
    ('0.99', FIRST, 4.354),
  ):
    counts = erk(params, sparsity, custom=custom)
    assert millions_of(counts) == pytest.approx(millions, abs=2e-3)


@pytest.mark.parametrize(
  ('units', 'expected'),
  [
    ((784, 300, 100), 532_400),
    ((245, 160, 55), 97_100),
    ((266, 88, 33), 53_284),
    ((97, 71, 33), 19_120),
  ],
)
def test_nets_for_mnist(units, expected):
  # There, twice the multiply-adds.
  sizes = [*units, 10]

  def apply(params, x):
    for kernel in params:
      x = jax.nn.relu(x @ kernel)
    return x

  kernels = [
    jax.ShapeDtypeStruct(shape, jnp.float32)
    for shape in zip(sizes, sizes[1:], strict=False)
  ]
  image = jax.ShapeDtypeStruct((1, units[0]), jnp.float32)
  assert 2 * flops.macs(apply, kernels, image).total == expected
