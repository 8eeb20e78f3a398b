"""Penalties of anchors against sums in NumPy, and their gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.training import anchors
from jaxsparse.training.state import Anchors


def _nets(number):
  draw = np.random.default_rng(number)
  return {
    'kernel': draw.normal(size=(5, 4)).astype(np.float32),
    'bias': draw.normal(size=4).astype(np.float32),
  }


MASKS = {'kernel': np.random.default_rng(9).random((5, 4)) < 0.5, 'bias': None}
NETS = [_nets(1), _nets(2)]
WEIGHTS = (0.75, -2.0)


def _penalty(distance, params, nets=NETS, weights=WEIGHTS):
  stacked = jax.tree.map(lambda *x: jnp.stack(x), *nets)
  held = Anchors(jnp.asarray(weights, jnp.float32), stacked)
  masks = {'kernel': jnp.asarray(MASKS['kernel']), 'bias': None}
  return anchors.penalty(distance, held, params, masks)


def _by_hand(distance, params):
  """Returns the penalty by the plain formula, on masked copies."""

  def vector(net):
    kernel = net['kernel'] * MASKS['kernel']
    return jnp.concatenate([kernel.ravel(), net['bias']])

  u, total = vector(params), 0.0
  for weight, net in zip(WEIGHTS, NETS, strict=True):
    v = vector({k: x.astype(np.float64) for k, x in net.items()})
    if distance == 'l2':
      total += weight * jnp.sum((u - v) ** 2) / 2
    else:
      total += weight * (u @ v) ** 2 / (u @ u * (v @ v))
  return total


@pytest.mark.parametrize('distance', anchors.DISTANCES)
def test_the_penalty_and_its_gradient_are_those_of_the_formula(distance):
  params = _nets(3)
  params['kernel'] = params['kernel'] * MASKS['kernel']
  value, grads = jax.value_and_grad(lambda p: _penalty(distance, p))(params)
  with jax.enable_x64(True):
    doubles = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), params)
    expected, slopes = jax.value_and_grad(lambda p: _by_hand(distance, p))(
      doubles
    )
    expected, slopes = float(expected), jax.tree.map(np.asarray, slopes)
  assert value == pytest.approx(expected, rel=1e-6)
  for leaf, slope in slopes.items():
    np.testing.assert_allclose(grads[leaf], slope, rtol=1e-5, atol=1e-6)
  assert not np.asarray(grads['kernel'])[~MASKS['kernel']].any()


def test_a_net_at_its_anchor_is_not_moved():
  net = {**NETS[0], 'kernel': NETS[0]['kernel'] * MASKS['kernel']}
  for distance in anchors.DISTANCES:
    grads = jax.grad(lambda p, d=distance: _penalty(d, p, [NETS[0]], [0.75]))(
      net
    )
    for leaf in jax.tree.leaves(grads):
      np.testing.assert_allclose(leaf, 0, atol=1e-6)


def test_anchors_of_weight_zero_and_nets_of_zeros_pull_nowhere():
  params = {**_nets(3), 'kernel': _nets(3)['kernel'] * MASKS['kernel']}
  padded = _penalty('cosine', params, [*NETS, NETS[0]], (*WEIGHTS, 0.0))
  assert padded == pytest.approx(float(_penalty('cosine', params)), rel=1e-6)
  zeros = jax.tree.map(np.zeros_like, params)
  grads = jax.grad(lambda p: _penalty('cosine', p))(zeros)
  assert all(np.all(np.asarray(g) == 0) for g in jax.tree.leaves(grads))
