"""Weights on paths, against a walk of the units of small nets."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.analysis.connectivity import follower
from jaxsparse.models.resnet import resnet
from jaxsparse.models.vit import vit

# A weight, or none, that leads from one unit to another.
Edge = tuple[object, object, object]


def on_paths(edges: list[Edge], inputs: set, outputs: set) -> set:
  """Returns the weights whose edge is on a path, by two searches."""

  def reached(starts, pairs):
    found, left = set(starts), list(starts)
    while left:
      unit = left.pop()
      for a, b in pairs:
        if a == unit and b not in found:
          found.add(b)
          left.append(b)
    return found

  ahead = reached(inputs, [(a, b) for a, b, _ in edges])
  behind = reached(outputs, [(b, a) for a, b, _ in edges])
  return {w for a, b, w in edges if w and a in ahead and b in behind}


def assert_marked(got: dict, weights: set):
  """Asserts that the masks `got` are True at these weights alone."""
  marked = {
    (name, tuple(at))
    for name, mask in got.items()
    for at in np.argwhere(mask).tolist()
  }
  assert marked == weights


def drawn(seed, density, shapes):
  random = np.random.default_rng(seed)
  return {n: random.random(shape) < density for n, shape in shapes.items()}


def effective(apply, masks, inputs, biases=()):
  params = {n: {'kernel': np.full(m.shape, -0.5)} for n, m in masks.items()}
  full = {n: {'kernel': jnp.asarray(m)} for n, m in masks.items()}
  for name, size in biases:
    params[name]['bias'] = np.full(size, 3.0, 'f')
    full[name]['bias'] = None
  found = follower(apply, params, jnp.ones(inputs, jnp.float32))(full)
  got = {n: np.asarray(found.effective[n]['kernel']) for n in masks}
  return got, np.asarray(found.outputs)


many = settings(max_examples=15)
seeds = st.integers(0, 2**32 - 1)


class TestMLP:
  @many
  @given(
    seed=seeds,
    sizes=st.sampled_from([(2, 3), (3, 1, 4, 2), (4, 4, 2, 3, 2)]),
    density=st.floats(0.1, 1.0),
  )
  def test_it_is_what_a_walk_finds(self, seed, sizes, density):
    """Units that only a bias feeds are on no path."""
    shapes = {f'l{i}': s for i, s in enumerate(itertools.pairwise(sizes))}
    masks = drawn(seed, density, shapes)
    edges = [
      ((i, at[0]), (i + 1, at[1]), (name, tuple(at)))
      for i, (name, mask) in enumerate(masks.items())
      for at in np.argwhere(mask).tolist()
    ]
    last = len(shapes)
    ends = {(last, j) for j in range(sizes[-1])}
    expected = on_paths(edges, {(0, j) for j in range(sizes[0])}, ends)

    def apply(params, x):
      for i in range(last):
        layer = params[f'l{i}']
        x = x @ layer['kernel'] + layer['bias'][None]
        x = jax.nn.relu(x) if i < last - 1 else x
      return x

    biases = [(name, shape[1]) for name, shape in shapes.items()]
    got, outputs = effective(apply, masks, (1, sizes[0]), biases)
    assert_marked(got, expected)
    fed = [
      any(name == f'l{last - 1}' and at[1] == j for name, at in expected)
      for j in range(sizes[-1])
    ]
    assert outputs.tolist() == [fed]


def conv_edges(name, mask, side, layer):
  """Of a 3x3 convolution of stride 1 with a border of zeros."""
  edges = []
  for dy, dx, i, o in np.argwhere(mask).tolist():
    for y, x in np.ndindex(side, side):
      a, b = y + dy - 1, x + dx - 1
      if 0 <= a < side and 0 <= b < side:
        weight = name, (dy, dx, i, o)
        edges.append(((layer, a, b, i), (layer + 1, y, x, o), weight))
  return edges


def pool_edges(side, channels, layer):
  return [
    ((layer, y, x, c), (layer + 1, y // 2, x // 2, c), None)
    for y, x, c in np.ndindex(side, side, channels)
  ]


class TestConvolutions:
  @many
  @given(seed=seeds, density=st.floats(0.05, 0.6))
  def test_every_position_of_a_window_is_a_path(self, seed, density):
    """And at 2x2 pixels a corner of the kernel reads one position alone."""
    shapes = {'a': (3, 3, 1, 2), 'b': (3, 3, 2, 2), 'c': (2, 2)}
    masks = drawn(seed, density, shapes)
    edges = conv_edges('a', masks['a'], 4, 0) + pool_edges(4, 2, 1)
    edges += conv_edges('b', masks['b'], 2, 2) + pool_edges(2, 2, 3)
    for i, o in np.argwhere(masks['c']).tolist():
      edges.append(((4, 0, 0, i), (5, o), ('c', (i, o))))
    inputs = {(0, y, x, 0) for y, x in np.ndindex(4, 4)}
    expected = on_paths(edges, inputs, {(5, 0), (5, 1)})

    def conv(x, kernel):
      axes = ('NHWC', 'HWIO', 'NHWC')
      return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), 'SAME', dimension_numbers=axes
      )

    @jax.checkpoint
    def layer(x, kernel):
      x = jax.nn.relu(conv(x, kernel))
      return nn.max_pool(x, (2, 2), strides=(2, 2))

    def apply(params, x):
      for name in 'ab':
        x = layer(x, params[name]['kernel'])
      return x[:, 0, 0] @ params['c']['kernel']

    got, _ = effective(apply, masks, (1, 4, 4, 1))
    assert_marked(got, expected)


@pytest.mark.parametrize('at', [1, 12, 22])
def test_a_net_that_overflows_is_followed(at):
  """There are 64^24 paths, and 64^22 where one weight is left in a layer."""
  layers = [f'l{i:02}' for i in range(24)]

  def apply(params, x):
    for name in layers:
      x = x @ params[name]['kernel']
    return x

  masks = {name: np.ones((64, 64), bool) for name in layers}
  masks[layers[at]] = np.zeros((64, 64), bool)
  masks[layers[at]][3, 5] = True
  got, outputs = effective(apply, masks, (1, 64))
  expected = {name: mask.copy() for name, mask in masks.items()}
  expected[layers[at - 1]][:, np.arange(64) != 3] = False
  expected[layers[at + 1]][np.arange(64) != 5] = False
  assert all(np.array_equal(got[n], mask) for n, mask in expected.items())
  assert outputs.all()


@pytest.fixture(scope='module')
def residual():
  """A ResNet-8 of one block a stage, narrow; its follower and full masks."""
  model = resnet(depth=8, stem='cifar', width=0.25, num_classes=3)
  images = jax.ShapeDtypeStruct((1, 8, 8, 2), jnp.float32)
  shapes = jax.eval_shape(lambda x: model.init(jax.random.key(0), x), images)
  stats = jax.tree.map_with_path(
    lambda path, leaf: jnp.full(leaf.shape, path[-1].key == 'var', 'f'),
    shapes['batch_stats'],
  )

  def apply(params, x):
    return model.apply({'params': params, 'batch_stats': stats}, x)

  masks = jax.tree.map(
    lambda leaf: jnp.ones(leaf.shape, bool) if leaf.ndim > 1 else None,
    shapes['params'],
  )
  return follower(apply, shapes['params'], images), masks


class TestResidual:
  def emptied(self, masks, *paths):
    masks = jax.tree.map(lambda m: m, masks)
    for block, name in paths:
      kernel = masks[block][name]['kernel']
      masks[block][name]['kernel'] = jnp.zeros_like(kernel)
    return masks

  def count(self, masks):
    return {
      f'{block}/{name}': int(layer['kernel'].sum())
      for block, layers in masks.items()
      if block.startswith('group')
      for name, layer in layers.items()
      if 'kernel' in layer
    }

  def test_a_dense_net_is_whole(self, residual):
    follow, masks = residual
    found = follow(masks)
    assert self.count(found.effective) == self.count(masks)
    assert found.outputs.all()

  def test_an_empty_layer_cuts_its_branch_alone(self, residual):
    follow, masks = residual
    found = follow(self.emptied(masks, ('group2_block1', 'conv_1')))
    expected = self.count(masks)
    expected |= {'group2_block1/conv_1': 0, 'group2_block1/conv_2': 0}
    assert self.count(found.effective) == expected
    assert found.outputs.all()

  def test_both_branches_cut_the_net(self, residual):
    follow, masks = residual
    cut = ('group2_block1', 'conv_2'), ('group2_block1', 'shortcut')
    found = follow(self.emptied(masks, *cut))
    assert set(self.count(found.effective).values()) == {0}
    assert not found.outputs.any()
    assert not found.effective['logits']['kernel'].any()


def test_nets_that_cannot_be_followed_are_refused():
  model = vit(patch_size=4, depth=1, embed_dim=8, num_heads=1, mlp_dim=8)
  images = jax.ShapeDtypeStruct((1, 8, 8, 1), jnp.float32)
  params = jax.eval_shape(lambda x: model.init(jax.random.key(0), x), images)
  masks = jax.tree.map(
    lambda p: jnp.ones(p.shape, bool) if p.ndim > 1 else None, params
  )
  with pytest.raises(ValueError, match='on no path that can be followed'):
    follower(model.apply, params, images)(masks)

  def gated(params, x):
    return jax.nn.sigmoid(x @ params['a']['kernel'])

  with pytest.raises(ValueError, match='outputs are not 0 for inputs of 0'):
    effective(gated, {'a': np.ones((2, 2), bool)}, (1, 2))
