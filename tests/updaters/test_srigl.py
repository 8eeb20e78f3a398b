"""SRigL against its steps in plain numpy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import drop_grow, normal
from plain_numpy import start as masked_start

from jaxsparse.updaters.srigl import srigl

SHAPES = {'a': (30, 20), 'b': (3, 3, 8, 10), 'exempt': (4,)}
_tree = functools.partial(normal, shapes=SHAPES)
COUNTS = {'a': 107, 'b': 200, 'exempt': None}
KEY = jax.random.key(3)


def _columns(leaf):
  return np.asarray(leaf).reshape(-1, leaf.shape[-1])


def _oracle(weights, mask, grads, fraction, saliency):
  """The new mask; columns are units."""
  n, units = int(mask.sum()), mask.shape[1]
  moves = int(np.float32(fraction) * np.float32(n))
  kept, steep = drop_grow(mask, weights, np.abs(grads), moves)
  per_unit = (kept | steep).sum(axis=0)
  fan_in = -(-n // mask.any(axis=0).sum())
  left = [u for u in range(units) if per_unit[u] >= max(1, saliency * fan_in)]
  part = -(-n // len(left))
  new = np.zeros(mask.shape, bool)
  for u in left:
    own = np.flatnonzero(kept[:, u])
    new[own[np.argsort(-np.abs(weights[own, u]))][:part], u] = True
  offered = []
  for u in left:
    free = np.flatnonzero(~new[:, u])
    best = free[np.argsort(-np.abs(grads[free, u]))]
    offered += [
      (abs(grads[i, u]), i, u) for i in best[: part - new[:, u].sum()]
    ]
  for _, i, u in sorted(offered, reverse=True)[: n - new.sum()]:
    new[i, u] = True
  return new, left


@pytest.fixture(scope='module')
def start():
  return masked_start(srigl(COUNTS, stop_step=100), _weak(0))[::-1]


def _weak(seed):
  """A tree with some units that nothing speaks for."""
  tree = _tree(seed)
  for k in 'ab':
    tree[k][..., :4] *= 1e-3
  return tree


def test_every_unit_starts_with_as_many_inputs(start):
  a, b = (_columns(start[1].masks[k]).sum(axis=0) for k in 'ab')
  assert a.max() == 6
  assert a.sum() == 107
  assert (b == 20).all()
  assert start[1].masks['exempt'] is None


@pytest.mark.parametrize(('step', 'saliency'), [(50, 0.9), (0, 0.0)])
def test_an_update_is_the_papers(start, step, saliency):
  params, state = start
  updater = srigl(COUNTS, drop_fraction=0.5, saliency=saliency, stop_step=100)
  grads = _weak(1)
  after, new = updater.update(grads, state, params, step=step, key=KEY)
  fraction = 0.25 * (1 + np.cos(np.pi * step / 100))
  for k in 'ab':
    args = (_columns(leaf[k]) for leaf in (params, state.masks, grads))
    expected, left = _oracle(*args, fraction, saliency)
    np.testing.assert_array_equal(_columns(new.masks[k]), expected)
    assert expected.sum() == COUNTS[k]
    assert not saliency or not set(left) & {0, 1, 2, 3}
    both = np.asarray(state.masks[k]) & np.asarray(new.masks[k])
    np.testing.assert_array_equal(after[k], np.where(both, params[k], 0))


def test_units_may_be_kept_and_ablated_ones_live_again(start):
  """Where their gradients are salient, and others give up inputs for them."""
  params, state = start
  updater = srigl(COUNTS, drop_fraction=0.5, keep_units=('b*',), stop_step=100)
  update = updater.update
  after, first = update(_weak(1), state, params, step=0, key=KEY)
  mask = _columns(first.masks['a'])
  assert not mask[:, :4].any()
  assert _columns(first.masks['b']).any(axis=0).all()
  grads = _weak(1)
  # Two units get inputs again; two take a place that does not suffice.
  grads['a'][:, :2] *= 1e4
  grads['a'][0, 2:4] = 1e4
  weights = dict(after) | {'a': _tree(2)['a'] * np.asarray(first.masks['a'])}
  after, second = update(grads, first, weights, step=0, key=KEY)
  expected, left = _oracle(weights['a'], mask, grads['a'], 0.5, 0.3)
  assert {0, 1} <= set(left)
  assert not {2, 3} & set(left)
  np.testing.assert_array_equal(_columns(second.masks['a']), expected)
  assert expected.sum() == 107
  both = mask & expected
  np.testing.assert_array_equal(after['a'], np.where(both, weights['a'], 0))


@pytest.mark.parametrize('keep_units', [(), ('w',)])
def test_units_have_no_more_inputs_than_those_that_come_back_leave(
  key, keep_units
):
  """Of 3 units with 4 inputs 3 weights go, and one more: 4 units have 3."""
  updater = srigl({'w': 12}, keep_units=keep_units, stop_step=10)
  weights = np.zeros((4, 4), np.float32)
  weights[:, :3] = [[1, 3, 4], [2, 8, 5], [13, 9, 6], [14, 12, 7]]
  grads = np.zeros((4, 4), np.float32)
  grads[1:, 3], grads[1, 0] = 9, 1
  state = updater.init({'w': jnp.array(weights)}, key=key)
  state = state._replace(masks={'w': jnp.array(weights != 0)})
  params = {'w': jnp.array(weights)}
  after, new = updater.update(
    {'w': jnp.array(grads)}, state, params, step=0, key=key
  )
  expected = np.ones((4, 4), bool)
  expected[0] = False
  np.testing.assert_array_equal(new.masks['w'], expected)
  np.testing.assert_array_equal(after['w'], np.where(expected, weights, 0))


def test_units_that_can_hold_the_count_are_left(key):
  """Of 4 units with 3 places each, 10 weights need all 4."""
  updater = srigl({'w': 10}, drop_fraction=0.9, saliency=1.0, stop_step=10)
  params = {'w': jnp.ones((3, 4)).at[:, 0].set(1e-6)}
  state, masked = masked_start(updater, params)
  _, new = updater.update(params, state, masked, step=0, key=key)
  assert int(new.masks['w'].sum()) == 10
  assert np.asarray(new.masks['w']).any(axis=0).all()


@pytest.mark.parametrize('count', [0, 3, 12])
def test_few_weights_none_or_all(key, count):
  updater = srigl({'w': count}, drop_fraction=1.0, stop_step=10)
  params = {'w': jnp.arange(1.0, 13).reshape(3, 4)}
  state, masked = masked_start(updater, params)
  assert int(np.asarray(state.masks['w']).sum(axis=0).max()) == -(-count // 4)
  _, new = updater.update(params, state, masked, step=0, key=key)
  assert int(new.masks['w'].sum()) == count


def test_kernels_laid_out_otherwise(key):
  """[out, in]: rows are units."""
  updater = srigl({'w': 12}, axes='equinox', stop_step=10)
  state = updater.init({'w': jnp.ones((4, 9))}, key=key)
  np.testing.assert_array_equal(state.masks['w'].sum(axis=1), [3] * 4)
