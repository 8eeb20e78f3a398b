"""The gradient that is left in nets pruned on real images, of MNIST.

Ten images of each digit score the weights, and measure the squared norm of the
gradient of those that stay, at the temperature that GraSP was given. Without
BatchNorm methods differ by orders of magnitude, with it by small factors.
"""

import functools
import os
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_nets as nets

from jaxsparse.core import gradients
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Probe
from jaxsparse.data import datasets
from jaxsparse.updaters.grasp import grasp
from jaxsparse.updaters.iterative_snip import iterative_snip
from jaxsparse.updaters.random import random

DATA = os.environ.get('JAXSPARSE_TEST_DATA')
TEMPERATURE = 200.0
CONVOLUTIONS = (
  ('a', 1, 16, 1),
  ('b', 16, 16, 1),
  ('c', 16, 32, 2),
  ('d', 32, 32, 1),
  ('e', 32, 64, 2),
  ('f', 64, 64, 1),
)

pytestmark = pytest.mark.skipif(
  not (DATA and (pathlib.Path(DATA) / 'mnist').is_dir()),
  reason='needs MNIST in JAXSPARSE_TEST_DATA',
)


@functools.cache
def batch():
  """The first ten images of each digit [100, 28, 28, 1], and their labels."""
  split = datasets.load('mnist', data_dir=DATA, source='stream').train
  labels = np.asarray(split.labels[:400])
  rows = np.concatenate(
    [np.flatnonzero(labels == digit)[:10] for digit in range(10)]
  )
  assert len(rows) == 100
  return jnp.asarray(split.images[rows] / np.float32(255)), labels[rows]


def mlp(seed):
  return nets.glorot((784, 300, 100, 10), seed)


def conv_net(seed):
  """Kernels of six convolutions and a head, He normal and Glorot normal."""
  draw = np.random.default_rng(seed)
  params = {
    name: draw.normal(0, np.sqrt(2 / (9 * i)), (3, 3, i, o))
    for name, i, o, _ in CONVOLUTIONS
  }
  params['head'] = draw.normal(0, np.sqrt(2 / 74), (64, 10))
  return jax.tree.map(lambda p: {'kernel': jnp.asarray(p, jnp.float32)}, params)


def apply_conv_net(params, images):
  """With BatchNorm after each convolution, by the statistics of the batch."""
  for name, _, _, stride in CONVOLUTIONS:
    images = jax.lax.conv_general_dilated(
      images,
      params[name]['kernel'],
      (stride, stride),
      'SAME',
      dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
    )
    mean = images.mean((0, 1, 2), keepdims=True)
    variance = images.var((0, 1, 2), keepdims=True)
    images = jax.nn.relu((images - mean) / jnp.sqrt(variance + 1e-5))
  return images.mean((1, 2)) @ params['head']['kernel']


def apply_mlp(params, images):
  return nets.apply(params, images.reshape(len(images), -1))


MLP, CONV_NET = (mlp, apply_mlp), (conv_net, apply_conv_net)


def inverted(counts, **options):
  return grasp.options(grasp(counts, **options), inverted=True)


METHODS = {
  'grasp': functools.partial(grasp, temperature=TEMPERATURE),
  'inverted': functools.partial(inverted, temperature=TEMPERATURE),
  'snip': functools.partial(iterative_snip, rounds=1),
  'random': random,
}


@functools.cache
def squared_norm(apply, method):
  """Returns `(params, counts, key, batch) -> number`, jitted.

  It prunes by `method`, or not at all, and serves all counts and seeds.
  """

  def loss(params, batch, *, temperature=1.0):
    logits = jax.nn.log_softmax(apply(params, batch[0]) / temperature)
    return -jnp.mean(jnp.take_along_axis(logits, batch[1][:, None], axis=1))

  def norm(params, counts, key, batch):
    probe = Probe(loss, [batch])
    masks = jax.tree.map(lambda p: jnp.ones(p.shape, bool), params)
    if method != 'dense':
      updater = METHODS[method](counts)
      masks = updater.init(params, key=key, probe=probe).masks
    at = gradients.objective(
      probe, apply_masks(params, masks), masks, temperature=TEMPERATURE
    )
    grads = apply_masks(gradients.gradient(at), masks)
    return sum(jnp.sum(g**2) for g in jax.tree.leaves(grads))

  return jax.jit(norm)


def ratios(net, density, seeds, *pairs):
  """Returns, of each pair of methods, the mean ratio of their norms."""
  draw, apply = net
  means = np.zeros(len(pairs))
  for seed in range(seeds):
    params = draw(seed)
    size = sum(leaf.size for leaf in jax.tree.leaves(params))
    counts = nets.counts(params, round(size * density))
    counts = jax.tree.map(jnp.int32, counts)
    norms = {
      method: float(
        squared_norm(apply, method)(
          params, counts, jax.random.key(seed), batch()
        )
      )
      for method in {*sum(pairs, ())}
    }
    means += [norms[one] / norms[other] / seeds for one, other in pairs]
  return means


def test_without_batch_norm_methods_differ_by_orders_of_magnitude():
  of_grasp, of_snip, of_dense = ratios(
    *(MLP, 0.05, 3),
    *(('grasp', 'snip'), ('snip', 'random'), ('grasp', 'dense')),
  )
  assert of_grasp > 5  # 8.8
  assert of_snip > 50  # 1,283
  assert of_dense > 0.5  # 1.09
  assert ratios(MLP, 0.1, 3, ('grasp', 'dense')) > 2  # 2.9
  assert ratios(MLP, 0.02, 3, ('grasp', 'snip')) > 3  # 5.7


def test_without_batch_norm_the_opposite_of_grasp_leaves_next_to_nothing():
  assert ratios(MLP, 0.2, 3, ('grasp', 'inverted')) > 100  # 2,726


@pytest.mark.slow
def test_with_batch_norm_methods_differ_by_small_factors():
  for density, over_snip, over_inverted in ((0.1, 1.3, 4), (0.02, 2, 3)):
    of_snip, of_random, of_inverted = ratios(
      *(CONV_NET, density, 2),
      *(('grasp', 'snip'), ('grasp', 'random'), ('grasp', 'inverted')),
    )
    assert of_snip > over_snip  # 3.3, 6.4
    assert of_random > 3  # 7.8, 6.2
    assert of_inverted > over_inverted  # 51, 35
  pairs = ('grasp', 'snip'), ('grasp', 'random')
  of_snip, of_random = ratios(CONV_NET, 0.05, 2, *pairs)
  assert of_snip > 1.3  # 3.6
  assert of_random > 3  # 13
