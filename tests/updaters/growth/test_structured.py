"""Masks within a structure: drop and grow, and magnitude pruning."""

import functools

import jax
import numpy as np
import pytest
from plain_numpy import normal, start, top

from jaxsparse.core import structures
from jaxsparse.updaters.growth.structured import structured
from jaxsparse.updaters.magnitude import magnitude
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.rigl_sg import rigl_sg
from jaxsparse.updaters.set import set as set_updater
from jaxsparse.updaters.snfs import snfs

SHAPES = {'a': (8, 12), 'conv': (4, 3, 3, 6), 'exempt': (5,)}
_tree = functools.partial(normal, shapes=SHAPES)
COUNTS = {'a': 48, 'conv': 54, 'exempt': None}
KEY = jax.random.key(3)


@functools.cache
def _run(structure, size, method=rigl):
  """The first params and masks, and those after an update."""
  plain = method(COUNTS, drop_fraction=0.5, stop_step=10)
  updater = structured(plain, structure, size)
  state, params = start(updater, _tree(0))
  after, new = updater.update(_tree(1), state, params, step=0, key=KEY)
  return jax.device_get((params, state.masks, after, new.masks))


@pytest.mark.slow
def test_two_of_four_hold_through_an_update_and_move():
  params, old, after, new = _run('n_m', (4,))
  for masks in (old, new):
    groups = masks['a'].T.reshape(-1, 4)
    assert (groups.sum(axis=1) == 2).all()
    assert int(masks['conv'].sum()) == 54
  assert (old['a'] != new['a']).sum() > 10
  both = old['a'] & new['a']
  np.testing.assert_array_equal(after['a'], np.where(both, params['a'], 0))
  assert new['exempt'] is None


def test_a_group_that_lost_weights_grows_its_steepest():
  """Drops go by the layer: the 24 of smallest |w|, wherever they are."""
  params, old, _, new = _run('n_m', (4,))
  kept = top(np.where(old['a'], np.abs(params['a']), -1), 24)
  grads = np.abs(_tree(1)['a']).T.reshape(-1, 4)
  rows = zip(
    kept.T.reshape(-1, 4), grads, new['a'].T.reshape(-1, 4), strict=True
  )
  for stayed, steep, found in rows:
    free = np.flatnonzero(~stayed)
    come = free[np.argsort(-steep[free])][: 2 - stayed.sum()]
    expected = set(np.flatnonzero(stayed)) | set(come)
    assert set(np.flatnonzero(found)) == expected


@pytest.mark.parametrize(
  'method', [rigl, set_updater, pytest.param(snfs, marks=pytest.mark.slow)]
)
def test_constant_fan_in(method):
  _, old, _, new = _run('constant_fan_in', (), method)
  for masks in (old, new):
    assert (masks['a'].sum(axis=0) == 4).all()
    assert (masks['conv'].reshape(-1, 6).sum(axis=0) == 9).all()


@pytest.mark.parametrize('method', [rigl, set_updater])
def test_blocks(method):
  _, old, _, new = _run('block', (1, 3), method)
  for masks in (old, new):
    for k in ('a', 'conv'):
      blocks = masks[k].reshape(-1, 3)
      assert (blocks.all(axis=1) == blocks.any(axis=1)).all()
      assert masks[k].sum() == COUNTS[k]
  assert (old['a'] != new['a']).any()


def test_kernel_slices():
  """12 taps: of 54 weights four slices, and half of one; dense are weights."""
  params, old, after, new = _run('kernel_slice', ())
  for masks in (old, new):
    slices = masks['conv'].reshape(12, 18).sum(axis=0)
    assert sorted(slices)[-6:] == [0, 6, 12, 12, 12, 12]
    assert masks['a'].sum() == COUNTS['a']
  both = old['conv'] & new['conv']
  assert 0 < both.sum() < 54
  np.testing.assert_array_equal(
    after['conv'], np.where(both, params['conv'], 0)
  )


@pytest.mark.parametrize(
  ('structure', 'size', 'groups'),
  [('n_m', (4,), 4), ('constant_fan_in', (), 8)],
)
def test_magnitude_keeps_the_largest_of_each_group(structure, size, groups):
  updater = magnitude(COUNTS, structure=structure, structure_size=size)
  state = updater.init(_tree(0), key=KEY)
  after, new = updater.update(_tree(1), state, _tree(0), step=0, key=KEY)
  weights = _tree(0)['a'].T.reshape(-1, groups)
  found = np.asarray(new.masks['a']).T.reshape(-1, groups)
  for weight, row in zip(weights, found, strict=True):
    best = np.argsort(-np.abs(weight))[: groups // 2]
    assert set(np.flatnonzero(row)) == set(best)
  expected = np.where(np.asarray(new.masks['a']), _tree(0)['a'], 0)
  np.testing.assert_array_equal(after['a'], expected)


@pytest.mark.slow
def test_a_structure_may_be_handed_over():
  updater = structured(rigl(COUNTS, stop_step=10), structures.n_m(4))
  masks = updater.init(_tree(0), key=KEY).masks
  np.testing.assert_array_equal(masks['a'], _run('n_m', (4,))[1]['a'])


@pytest.mark.parametrize(
  ('structure', 'sampler', 'message'),
  [
    (('nm',), 'uniform', "'nm' is not one of structures"),
    (('n_m',), 'uniform', r'structure_size is \(\), which n_m does not take'),
    (('n_m', (0,)), 'uniform', 'n_m of 0'),
    (
      ('constant_fan_in', (4,)),
      'uniform',
      r'structure_size is \(4,\), which constant_fan_in does not take',
    ),
    (
      ('n_m', (4,)),
      'connected',
      "sampler is 'connected'; accepted with a structure is uniform",
    ),
  ],
)
def test_what_is_refused(structure, sampler, message):
  with pytest.raises(ValueError, match=message):
    structured(rigl(COUNTS, stop_step=10, sampler=sampler), *structure)


def test_weights_that_move_between_layers_have_no_structure():
  for method in (rigl_sg, functools.partial(snfs, redistribute=True)):
    with pytest.raises(ValueError, match="'kernel_slice', of a method that mo"):
      structured(method(COUNTS, stop_step=10), 'kernel_slice')


def test_without_a_structure_nothing_changes():
  updater = rigl_sg(COUNTS, stop_step=10)
  assert structured(updater, 'unstructured') is updater
  with pytest.raises(ValueError, match=r'structure_size is \(4,\)'):
    structured(updater, 'unstructured', (4,))
