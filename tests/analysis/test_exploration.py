"""Exploration rate and churn against sets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import exploration
from jaxsparse.core.types import MaskUpdater
from jaxsparse.optim.masked import forward_params
from jaxsparse.updaters.rigl_sm import rigl_sm
from jaxsparse.updaters.topkast import topkast

SHAPES = {'a': (6, 7), 'b': (30,)}


def _masks(seed, density=0.3):
  random = np.random.default_rng(seed)
  drawn = {k: random.random(s) < density for k, s in SHAPES.items()}
  return {k: jnp.asarray(m) for k, m in drawn.items()} | {'none': None}


def _places(masks):
  return {
    (k, int(i)) for k in SHAPES for i in np.flatnonzero(np.asarray(masks[k]))
  }


def test_what_was_ever_active_is_the_union():
  history = [_masks(seed) for seed in range(4)]
  seen = history[0]
  step = jax.jit(exploration.explored)
  for masks in history[1:]:
    seen = step(seen, masks)
  union = set().union(*map(_places, history))
  assert _places(seen) == union
  total, leaves = exploration.exploration_rate(seen)
  assert total == len(union) / 72
  assert leaves == {
    'a': sum(k == 'a' for k, _ in union) / 42,
    'b': sum(k == 'b' for k, _ in union) / 30,
  }


def test_churn_is_what_went_of_what_was():
  old, new = _masks(0), _masks(1)
  before, after = _places(old), _places(new)
  total, leaves = exploration.churn(old, new)
  assert total == len(before - after) / len(before)
  of_b = {p for p in before if p[0] == 'b'}
  assert leaves['b'] == len(of_b - after) / len(of_b)
  assert exploration.churn(old, old) == (0.0, {'a': 0.0, 'b': 0.0})


def test_nothing_active_has_no_churn():
  empty = _masks(0, density=0.0)
  assert exploration.churn(empty, _masks(1))[0] == 0.0
  assert exploration.exploration_rate(empty)[0] == 0.0


def test_without_masks_there_is_nothing_to_explore():
  with pytest.raises(ValueError, match='no leaf is masked'):
    exploration.exploration_rate({'a': None})


@pytest.mark.parametrize(
  ('leaf', 'said'),
  [
    (np.ones((1, 7), bool), r"'a': got the shapes \(6, 7\) and \(1, 7\)"),
    (np.bool_(True), r"'a': got the shapes \(6, 7\) and \(\)"),
    (np.ones((6, 7), np.int32), "'a' has dtype int32; accepted is bool"),
    (None, r"'a': got the shapes \(6, 7\) and None"),
  ],
)
@pytest.mark.parametrize(
  'measure',
  [exploration.churn, exploration.explored, jax.jit(exploration.explored)],
)
def test_masks_that_would_broadcast_or_are_none_are_refused(
  measure, leaf, said
):
  with pytest.raises(ValueError, match=said):
    measure(_masks(0), _masks(1) | {'a': leaf})


PARAMS = {
  'one': {'kernel': np.sin(np.arange(48.0, dtype=np.float32)).reshape(8, 6)},
  'two': {'kernel': np.cos(np.arange(30.0, dtype=np.float32)).reshape(6, 5)},
}
COUNTS = {'one': {'kernel': 14}, 'two': {'kernel': 9}}
WINDOW = {'start_step': 0, 'stop_step': 12}


def trajectory(updater, steps=4):
  """Params and masks after each step, with what the methods keep."""

  @jax.jit
  def step(params, state, at):
    key = jax.random.fold_in(jax.random.key(1), at)
    seen = forward_params(updater, params, state)
    grads = jax.tree.map(lambda p: jnp.sin(7 * p + at), seen)
    state = updater.observe(grads, state, params, step=at, key=key)
    grads = updater.regularise(grads, state, params, step=at, key=key)
    moved = jax.tree.map(
      lambda p, g, m: p - 0.1 * jnp.where(m, g, 0),
      *(params, grads, updater.trained(state)),
    )
    return updater.update(grads, state, moved, step=at, key=key)

  params = jax.tree.map(jnp.asarray, PARAMS)
  state = updater.init(params, key=jax.random.key(0))
  found = [(params, state)]
  for at in range(steps):
    params, state = step(params, state, jnp.int32(at))
    found.append((params, state))
  return jax.device_get(found)


@pytest.mark.parametrize(
  'updater',
  [
    rigl_sm(COUNTS, **WINDOW),
    topkast(COUNTS),
  ],
  ids=['observes', 'looks wider'],
)
def test_a_method_that_remembers_is_itself(updater):
  own = trajectory(updater)
  found = trajectory(exploration.remembering(updater))
  for (params, state), (others, plain) in zip(found, own, strict=True):
    theirs = (others, plain.masks, plain.inner)
    mine = (params, state.masks, state.inner.inner)
    jax.tree.map(np.testing.assert_array_equal, mine, theirs)
  masks = [state.masks for _, state in own]
  for n, (_, state) in enumerate(found):
    union = jax.tree.map(lambda *each: np.any(each, axis=0), *masks[: n + 1])
    ever = exploration.ever_active(state)
    jax.tree.map(np.testing.assert_array_equal, ever, union)
  last = exploration.exploration_rate(ever)[0]
  assert last > exploration.exploration_rate(masks[-1])[0]


def test_masks_put_in_place_of_the_first_are_those_that_count(key):
  updater = exploration.remembering(rigl_sm(COUNTS, **WINDOW))
  state = updater.init(PARAMS, key=key)
  given = jax.tree.map(lambda p: p > 0.9, PARAMS)
  ever = exploration.ever_active(state._replace(masks=given))
  jax.tree.map(np.testing.assert_array_equal, ever, given)


def test_what_a_method_leaves_alone_stays_known_as_such():
  plain = rigl_sm(COUNTS, **WINDOW)
  found = exploration.remembering(plain)
  for name in ('trained', 'regularise', *plain._fields[5:]):
    assert getattr(found, name) is getattr(plain, name)
  assert found.trained is MaskUpdater._field_defaults['trained']


def test_what_prunes_first_sees_the_state_of_the_method(key):
  def pruned(grads, state, params, *, step, key):
    return state.inner

  updater = rigl_sm(COUNTS, **WINDOW)._replace(pruned=pruned)
  found = exploration.remembering(updater)
  state = found.init(PARAMS, key=key)
  left = found.pruned(PARAMS, state, PARAMS, step=0, key=key)
  assert left is state.inner.inner


def test_a_method_that_forgets_cannot_be_asked(key):
  state = rigl_sm(COUNTS, **WINDOW).init(PARAMS, key=key)
  with pytest.raises(ValueError, match='remembers no masks'):
    exploration.ever_active(state)
