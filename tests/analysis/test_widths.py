"""The width solver against brute force, and against the papers' widths.

Shapes of ResNet-50 and MobileNet v1 are written down here once more; they are
held against the models at one width each.
"""

import functools
import math
from fractions import Fraction

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.analysis import widths
from jaxsparse.analysis.flops import bitmask_bytes
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.models.mobilenet import mobilenet
from jaxsparse.models.resnet import resnet


def channels(width, number):
  return max(1, math.floor(Fraction(str(width)) * number))


def resnet_50(width):
  """Kernels in order of use, and how many other params there are."""
  filters = [channels(width, c) for c in (64, 128, 256, 512)]
  kernels, x = [('conv', (7, 7, 3, filters[0]))], filters[0]
  others = 2 * x + 1000
  for blocks, f in zip((3, 4, 6, 3), filters, strict=True):
    for _ in range(blocks):
      convs = [(1, 1, x, f), (3, 3, f, f), (1, 1, f, 4 * f)]
      convs += [(1, 1, x, 4 * f)] if x != 4 * f else []
      kernels += [('block', shape) for shape in convs]
      others += sum(2 * shape[-1] for shape in convs)
      x = 4 * f
  return [*kernels, ('logits', (x, 1000))], others


def mobilenet_v1(width):
  x = channels(width, 32)
  kernels, others = [('conv', (3, 3, 3, x))], 2 * x + 1000
  groups = ((64, 1), (128, 2), (256, 2), (512, 6), (1024, 2))
  for f in [channels(width, c) for c, blocks in groups for _ in range(blocks)]:
    kernels += [('depthwise', (3, 3, 1, x)), ('pointwise', (1, 1, x, f))]
    others += 2 * (x + f)
    x = f
  return [*kernels, ('logits', (x, 1000))], others


@functools.cache
def params(net, width):
  kernels, others = net(width)
  shapes = {f'{i}_{name}/kernel': s for i, (name, s) in enumerate(kernels)}
  shapes['others'] = (others,)
  return {p: jax.ShapeDtypeStruct(s, np.float32) for p, s in shapes.items()}


def size(found, counts=None):
  counts = dict.fromkeys(found) if counts is None else counts
  return bitmask_bytes(found, counts)


def small_dense(net, counts):
  budget = size(params(net, 1), counts)
  return widths.widest(lambda w: size(params(net, w)), budget)


def big_sparse(net, spread):
  def at(width):
    found = params(net, width)
    return size(found, spread(found))

  return widths.widest(at, size(params(net, 1)))


@pytest.mark.parametrize(
  ('written', 'module', 'width'),
  [
    (resnet_50, resnet(depth=50, width=0.339), 0.339),
    (mobilenet_v1, mobilenet(width=0.289), 0.289),
  ],
)
def test_shapes_written_here_are_those_of_the_models(written, module, width):
  image = jax.ShapeDtypeStruct((1, 224, 224, 3), np.float32)
  net = jax.eval_shape(module.init, jax.random.key(0), image)['params']
  shapes = [leaf.shape for leaf in jax.tree.leaves(net)]
  kernels, others = written(width)
  assert sorted(s for _, s in kernels) == sorted(s for s in shapes if s[1:])
  assert others == sum(s[0] for s in shapes if not s[1:])


@pytest.mark.parametrize(
  ('sparsity', 'ours', 'paper'),
  [
    ('0.8', 0.462, 0.465),
    ('0.9', 0.339, 0.34),
    ('0.95', 0.261, 0.26),
    ('0.965', 0.234, 0.231),
  ],
)
def test_small_dense_resnet_50(sparsity, ours, paper):
  net = params(resnet_50, 1)
  for counts in (
    uniform(net, sparsity, custom={'0_conv/kernel': 0}),
    erk(net, sparsity),
  ):
    found = small_dense(resnet_50, counts).width
    assert found == pytest.approx(ours, abs=0.0021)
    assert found == pytest.approx(paper, abs=0.0055)


@pytest.mark.parametrize(
  ('sparsity', 'paper', 'trained'),
  [
    ('0.75', 0.47, 0.478),
    ('0.85', 0.353, 0.367),
    ('0.9', 0.285, 0.301),
    ('0.95', 0.204, 0.226),
  ],
)
def test_small_dense_mobilenet_v1(sparsity, paper, trained):
  # The paper's widths come out if every kernel counts as sparse, as in its
  # count of FLOPs; the first and the depthwise ones are dense in training.
  net = params(mobilenet_v1, 1)
  found = small_dense(mobilenet_v1, uniform(net, sparsity))
  assert found.width == pytest.approx(paper, abs=0.0045)
  dense = {'0_conv/kernel': 0, '*_depthwise/kernel': 0}
  found = small_dense(mobilenet_v1, uniform(net, sparsity, custom=dense))
  assert found.width == pytest.approx(trained, abs=1e-9)


@pytest.mark.parametrize(
  ('net', 'sparsity', 'paper', 'within'),
  [
    (mobilenet_v1, '0.75', 1.98, 0.02),
    (mobilenet_v1, '0.85', 2.52, 0.01),
    (mobilenet_v1, '0.9', 3.0, 0.005),
    (mobilenet_v1, '0.95', 3.98, 0.03),
    (resnet_50, '0.8', 2.1, 0.015),
    (resnet_50, '0.9', 2.8, 0.015),
  ],
)
def test_big_sparse(net, sparsity, paper, within):
  found = big_sparse(net, lambda tree: uniform(tree, sparsity))
  assert found.width == pytest.approx(paper, rel=within)


@given(
  st.lists(st.integers(0, 40), min_size=1, max_size=30),
  st.integers(1, 400),
  st.integers(0, 2),
)
def test_nothing_wider_is_within_the_budget(steps, budget, digits):
  # A size that grows by `steps` and at least by one at each whole width.
  unit = 10**digits

  def size(width):
    units = round(width * unit)
    return sum(steps[: units + 1]) + max(0, units // unit - 1)

  every = [k for k in range(1, 700 * unit) if size(k / unit) <= budget]
  if not every:
    with pytest.raises(ValueError, match='no net is within the budget'):
      widths.widest(size, budget, digits=digits)
  else:
    found = widths.widest(size, budget, digits=digits)
    assert found == (every[-1] / unit, size(every[-1] / unit))


def test_a_size_that_does_not_grow_is_refused():
  with pytest.raises(ValueError, match='does not grow with its width'):
    widths.widest(lambda width: 7, 8)


def test_negative_digits_are_refused():
  with pytest.raises(ValueError, match='digits is -1'):
    widths.widest(lambda width: 7, 8, digits=-1)


def test_parameters_are_those_that_are_active_or_dense():
  leaf = {'kernel': np.ones((4, 3)), 'bias': np.ones(3)}
  mask = np.arange(12).reshape(4, 3) < 5
  assert widths.parameters(leaf) == 15
  assert widths.parameters(leaf, {'kernel': 7, 'bias': None}) == 10
  assert widths.parameters(leaf, {'kernel': mask, 'bias': None}) == 8
  with pytest.raises(ValueError, match='accepted are 0 to 12'):
    widths.parameters(leaf, {'kernel': 13, 'bias': None})
