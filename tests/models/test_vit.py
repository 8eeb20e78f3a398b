import math

import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.models.vit import positions, vit

TINY = {
  'patch_size': 2,
  'depth': 1,
  'embed_dim': 8,
  'num_heads': 2,
  'mlp_dim': 5,
  'num_classes': 3,
}


def gelu(x):
  inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
  return 0.5 * x * (1 + np.tanh(inner))


def attention(net, x):
  """One image and one head at a time."""
  out = np.empty_like(x)
  query, key, value = (
    net.dense(x, f'encoder1/attention/{name}')
    for name in ('query', 'key', 'value')
  )
  for image in range(len(x)):
    for head in (slice(0, 4), slice(4, 8)):
      scores = query[image][:, head] @ key[image][:, head].T / 2.0
      weights = np.exp(scores - scores.max(1, keepdims=True))
      weights /= weights.sum(1, keepdims=True)
      out[image][:, head] = weights @ value[image][:, head]
  return net.dense(out, 'encoder1/attention/out')


def test_passes(numpy_nets):
  def forward(net, x):
    n, h, w, c = x.shape
    patches = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5)
    kernel = np.asarray(net.params['embedding/kernel'], np.float64)
    x = patches.reshape(n, -1, 4 * c) @ kernel.reshape(4 * c, 8)
    x = x + net.params['embedding/bias']
    x = x + positions(h // 2, w // 2, 8).reshape(1, -1, 8)
    x = x + attention(net, net.layer_norm(x, 'encoder1/norm_1'))
    y = net.dense(net.layer_norm(x, 'encoder1/norm_2'), 'encoder1/dense_1')
    x = x + net.dense(gelu(y), 'encoder1/dense_2')
    return net.logits(net.layer_norm(x, 'norm'))

  ran = numpy_nets.check(vit(**TINY), (4, 6, 3), forward)
  assert not ran.model_state
  assert not ran.new_state
  np.testing.assert_array_equal(ran.train, ran.eval)


def test_positions_of_a_patch_worked_by_hand():
  """Row 2, column 1; frequencies 1 and 1e-4."""
  got = positions(3, 4, 8)
  assert got.shape == (3, 4, 8)
  assert got.dtype == np.float32
  column = (1.0, 1e-4)
  row = (2.0, 2e-4)
  expected = [
    *map(math.sin, column),
    *map(math.cos, column),
    *map(math.sin, row),
    *map(math.cos, row),
  ]
  np.testing.assert_allclose(got[2, 1], expected, atol=1e-6)
  assert len(np.unique(got.reshape(12, 8), axis=0)) == 12


def test_kernels_are_matrices_and_nothing_else_is_one(numpy_nets):
  params, _ = numpy_nets.abstract(vit(**TINY), (1, 4, 4, 3))
  shapes = {p: leaf.shape for p, leaf in paths.flatten(params).items()}
  kernels = {p: s for p, s in shapes.items() if paths.kernels(p, s)}
  assert kernels == {
    'embedding/kernel': (2, 2, 3, 8),
    **{
      f'encoder1/attention/{name}/kernel': (8, 8)
      for name in ('query', 'key', 'value', 'out')
    },
    'encoder1/dense_1/kernel': (8, 5),
    'encoder1/dense_2/kernel': (5, 8),
    'logits/kernel': (8, 3),
  }
  assert all(len(shapes[p]) == 1 for p in shapes.keys() - kernels)


@pytest.mark.parametrize(
  ('shape', 'expected'),
  [
    ((1, 4, 5, 3), 'multiples of patch_size 2'),
    ((1, 3, 4, 3), 'multiples of patch_size 2'),
    ((1, 1, 4, 3), 'h and w at least 2'),
    ((4, 4, 3), 'h and w at least 2'),
  ],
)
def test_images_that_do_not_fit(numpy_nets, shape, expected):
  with pytest.raises(ValueError, match=expected):
    numpy_nets.abstract(vit(**TINY), shape)


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'patch_size': 0}, 'patch_size'),
    ({'depth': 1.5}, 'depth'),
    ({'mlp_dim': 0}, 'mlp_dim'),
    ({'num_heads': 0}, 'num_heads'),
    ({'num_classes': 0}, 'num_classes'),
    ({'embed_dim': 6, 'num_heads': 2}, 'embed_dim 6: accepted are multiples'),
    ({'embed_dim': 8, 'num_heads': 3}, 'embed_dim 8: accepted are multiples'),
    ({'kernel_init': 'he'}, 'kernel_init'),
    ({'dtype': 'float64'}, 'dtype'),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    vit(**TINY | changes)
