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


def _vector(net):
  return np.concatenate(
    [(net['kernel'] * MASKS['kernel']).ravel(), net['bias']]
  )


def _penalty(distance, params, nets=NETS, weights=WEIGHTS):
  stacked = jax.tree.map(lambda *x: jnp.stack(x), *nets)
  held = Anchors(jnp.asarray(weights, jnp.float32), stacked)
  masks = {'kernel': jnp.asarray(MASKS['kernel']), 'bias': None}
  return anchors.penalty(distance, held, params, masks)


def _by_hand(distance, params):
  u, total = _vector(params).astype(np.float64), 0.0
  for weight, net in zip(WEIGHTS, NETS, strict=True):
    v = _vector(net).astype(np.float64)
    if distance == 'l2':
      total += weight * np.sum((u - v) ** 2) / 2
    else:
      total += weight * (u @ v) ** 2 / (u @ u * (v @ v))
  return total


@pytest.mark.parametrize('distance', anchors.DISTANCES)
def test_the_penalty_and_its_gradient_are_those_by_hand(distance):
  params = _nets(3)
  params['kernel'] = params['kernel'] * MASKS['kernel']
  assert _penalty(distance, params) == pytest.approx(
    _by_hand(distance, params), rel=1e-5
  )
  grads = jax.grad(lambda p: _penalty(distance, p))(params)
  for leaf, place in (
    ('bias', (2,)),
    ('kernel', tuple(np.argwhere(MASKS['kernel'])[0])),
  ):
    ends = []
    for step in (1e-3, -1e-3):
      moved = {k: v.astype(np.float64) for k, v in params.items()}
      moved[leaf][place] += step
      ends.append(_by_hand(distance, moved))
    slope = (ends[0] - ends[1]) / 2e-3
    assert grads[leaf][place] == pytest.approx(slope, rel=1e-3, abs=1e-5)


def test_anchors_of_weight_zero_and_nets_of_zeros_pull_nowhere():
  params = {**_nets(3), 'kernel': _nets(3)['kernel'] * MASKS['kernel']}
  padded = _penalty('cosine', params, [*NETS, NETS[0]], (*WEIGHTS, 0.0))
  assert padded == pytest.approx(float(_penalty('cosine', params)), rel=1e-6)
  zeros = jax.tree.map(np.zeros_like, params)
  grads = jax.grad(lambda p: _penalty('cosine', p))(zeros)
  assert all(np.all(np.asarray(g) == 0) for g in jax.tree.leaves(grads))
