"""Structures: what they promise, by brute force."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.core import structures

SHAPE = (8, 12)
CONV = (3, 2, 4, 4)
SIZE = 96
STRUCTURES = {
  'unstructured': structures.unstructured(),
  'n_m': structures.n_m(4),
  'constant_fan_in': structures.constant_fan_in(),
  'block': structures.block(2, 3),
  'kernel_slice': structures.kernel_slice(),
}
# Both have 16 blocks of 6.
BLOCKED = ('block', 'kernel_slice')


def _shape(name):
  return CONV if name == 'kernel_slice' else SHAPE


@functools.cache
def _program(name):
  found = STRUCTURES[name]

  @jax.jit
  def run(mask, drop, grow, dropped, count):
    kept = found.keep('conv', drop, mask, dropped)
    return kept, found.fill('conv', grow, kept, count)

  return run


def move(name, mask, drop, grow, dropped):
  """The mask after a drop, and after growth to the former count."""
  count = np.int32(mask.sum())
  return jax.device_get(_program(name)(mask, drop, grow, dropped, count))


def fill(name, scores, count):
  """A mask from nothing."""
  none = np.zeros(_shape(name), bool)
  program = _program(name)
  return np.asarray(program(none, scores, scores, np.int32(0), count)[1])


def _scores(seed, name=''):
  random = np.random.default_rng(seed)
  return random.permutation(SIZE).reshape(_shape(name)).astype(np.float32)


def _groups(name, leaf):
  """What the structure counts by: rows of groups."""
  match name:
    case 'n_m':
      return leaf.T.reshape(-1, 4)
    case 'constant_fan_in':
      return leaf.T
    case 'block':
      return np.array(
        [
          leaf[i : i + 2, j : j + 3].ravel()
          for i in range(0, 8, 2)
          for j in range(0, 12, 3)
        ]
      )
    case 'kernel_slice':
      return np.array(
        [leaf[:, :, i, j].ravel() for i in range(4) for j in range(4)]
      )
    case 'unstructured':
      return leaf.reshape(1, -1)


def _holds(name, mask):
  """Whether a mask is of the structure, whatever its count."""
  active = _groups(name, mask).sum(axis=1)
  groups, count = len(active), int(mask.sum())
  if name in BLOCKED:
    return sorted(a for a in active if a)[1:] == [6] * max(
      -(-count // 6) - 1, 0
    )
  return active.max() <= -(-count // groups)


@settings(deadline=None, max_examples=24)
@given(
  st.sampled_from(list(STRUCTURES)),
  st.integers(0, 2**16),
  st.integers(0, SIZE),
  st.floats(0, 1),
)
def test_counts_are_exact_and_the_structure_holds(name, seed, count, part):
  """From the start, and through updates, whatever the count."""
  mask = fill(name, _scores(seed, name), np.int32(count))
  assert mask.sum() == count
  assert _holds(name, mask)
  for i in (1, 2):
    dropped = np.int32(part * count)
    scores = (_scores(seed + i, name), _scores(seed + 7 * i, name))
    kept, new = move(name, mask, *scores, dropped)
    assert (kept <= mask).all()
    assert (kept <= new).all()
    assert new.sum() == count
    assert _holds(name, new)
    gone = int(mask.sum() - kept.sum())
    whole = gone <= dropped if name in BLOCKED else gone == dropped
    assert whole
    mask = new


@pytest.mark.parametrize(('name', 'most'), [('n_m', 2), ('constant_fan_in', 4)])
def test_what_the_density_divides_is_met_in_every_group(name, most):
  """N:M proper: the N of each group are its N largest."""
  count = most * len(_groups(name, np.zeros(SHAPE)))
  scores = _scores(0)
  mask = fill(name, scores, np.int32(count))
  ranked, found = _groups(name, scores), _groups(name, mask)
  for score, row in zip(ranked, found, strict=True):
    assert set(np.flatnonzero(row)) == set(np.argsort(-score)[:most])


@pytest.mark.parametrize('name', BLOCKED)
def test_blocks_are_taken_by_their_mean_and_the_last_is_cut(name):
  scores = _scores(0, name)
  mask = fill(name, scores, np.int32(20))
  means = _groups(name, scores).mean(axis=1)
  order = np.argsort(-means)
  active = _groups(name, mask).sum(axis=1)
  np.testing.assert_array_equal(active[order[:4]], [6, 6, 6, 2])


@pytest.mark.parametrize('name', BLOCKED)
def test_the_lowest_blocks_are_dropped_and_the_highest_grown(name):
  mask = fill(name, _scores(0, name), np.int32(36))
  drop, grow = _scores(1, name), _scores(2, name)
  kept, new = move(name, mask, drop, grow, np.int32(17))
  held = np.flatnonzero(_groups(name, mask).any(axis=1))
  means = _groups(name, drop).mean(axis=1)
  stay = held[np.argsort(-means[held])][:4]
  found = np.flatnonzero(_groups(name, kept).any(axis=1))
  np.testing.assert_array_equal(found, np.sort(stay))
  free = np.setdiff1d(np.arange(16), stay)
  means = _groups(name, grow).mean(axis=1)
  come = free[np.argsort(-means[free])][:2]
  active = _groups(name, new).sum(axis=1)
  np.testing.assert_array_equal(np.flatnonzero(active), np.sort([*stay, *come]))
  assert set(active) == {0, 6}


def test_convolutions_are_blocked_at_every_tap():
  block = structures.block(2, 2)
  scores = np.random.default_rng(0).random((3, 3, 4, 6), np.float32)
  mask = np.asarray(
    jax.jit(functools.partial(block.fill, 'w'))(
      scores, np.zeros(scores.shape, bool), np.int32(80)
    )
  )
  taps = mask.reshape(9, 2, 2, 3, 2).swapaxes(2, 3).reshape(-1, 4)
  assert set(taps.sum(axis=1)) == {0, 4}
  assert mask.sum() == 80


@pytest.mark.parametrize(
  ('build', 'message'),
  [
    (lambda: structures.n_m(0), 'n_m of 0'),
    (lambda: structures.block(0, 3), 'block of 0 x 3'),
  ],
)
def test_sizes_that_are_refused(build, message):
  with pytest.raises(ValueError, match=message):
    build()


@pytest.mark.parametrize(
  ('structure', 'message'),
  [
    (structures.n_m(3), r"'a/w' of shape \(8, 12\) has 8 inputs .* of 3"),
    (structures.block(3, 3), r"'a/w' of shape \(8, 12\) is not .* 3 x 3"),
  ],
)
def test_leaves_that_do_not_divide(structure, message):
  none = jnp.zeros(SHAPE, bool)
  with pytest.raises(ValueError, match=message):
    structure.fill('a/w', jnp.ones(SHAPE), none, jnp.int32(3))
