"""Ranking of all layers or of each, ties, rounds, and the controls."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal, top

from jaxsparse.core.masks import active
from jaxsparse.updaters import rigl as rigl_module
from jaxsparse.updaters.at_init.options import options
from jaxsparse.updaters.at_init.pruning import prune_at_init

COUNTS = {'deep': 60, 'exempt': None, 'wide': 25}
PARAMS = jax.tree.map(
  jnp.asarray, normal(0, {'deep': (9, 16), 'exempt': (7,), 'wide': (12, 5)})
)
SCORES = jax.tree.map(
  jnp.asarray, normal(1, {'deep': (9, 16), 'wide': (12, 5)})
)
SCORES['wide'] = SCORES['wide'] * 5
SIZE = 9 * 16 + 12 * 5


def of(scores):
  """The score of a method: the same in every round."""
  return lambda params, masks, probe, *, round, key: scores | {'exempt': None}


def masks_of(updater, seed=0, params=PARAMS):
  state = updater.init(params, key=jax.random.key(seed))
  assert state.masks['exempt'] is None
  return {name: np.asarray(state.masks[name]) for name in ('deep', 'wide')}


def together(scores):
  return np.concatenate([np.ravel(scores['deep']), np.ravel(scores['wide'])])


def test_layers_are_ranked_together():
  masks = masks_of(prune_at_init(COUNTS, of(SCORES)))
  np.testing.assert_array_equal(together(masks), top(together(SCORES), 85))


def test_a_layer_that_is_dense_in_counts_stays_so():
  scores = SCORES | {'wide': SCORES['wide'] * 0 - 9.0}
  masks = masks_of(prune_at_init(COUNTS | {'wide': 60}, of(scores)))
  assert masks['wide'].all()
  np.testing.assert_array_equal(masks['deep'], top(scores['deep'], 60))


def test_by_layer_each_keeps_its_count():
  updater = options(prune_at_init(COUNTS, of(SCORES)), by_layer=True)
  assert updater.facts.invariant == 'per_leaf'
  for name, mask in masks_of(updater).items():
    np.testing.assert_array_equal(mask, top(SCORES[name], COUNTS[name]))


@pytest.mark.parametrize('inverted', [False, True])
@pytest.mark.parametrize('absolute', [False, True])
def test_inverted_and_absolute_scores(inverted, absolute):
  updater = options(
    prune_at_init(COUNTS, of(SCORES)), inverted=inverted, absolute=absolute
  )
  scores = together(SCORES)
  scores = np.abs(scores) if absolute else scores
  expected = top(-scores if inverted else scores, 85)
  np.testing.assert_array_equal(together(masks_of(updater)), expected)


def test_shuffled_masks_keep_the_counts_of_each_layer_and_nothing_else():
  plain = prune_at_init(COUNTS, of(SCORES))
  shuffled = options(plain, shuffled=True)
  masks = masks_of(plain), masks_of(shuffled), masks_of(shuffled, seed=1)
  for name in ('deep', 'wide'):
    numbers = {int(m[name].sum()) for m in masks}
    assert len(numbers) == 1
    assert len({m[name].tobytes() for m in masks}) == 3
  again = masks_of(shuffled)
  np.testing.assert_array_equal(again['deep'], masks[1]['deep'])


@pytest.mark.parametrize('total', [0, 1, 4, SIZE - 1, SIZE])
@pytest.mark.parametrize('scores', ['random', 'half 0', 'constant', '+-0'])
def test_the_target_is_met_exactly_whatever_the_scores(total, scores):
  vector = np.random.default_rng(2).normal(size=SIZE).astype(np.float32)
  vector = {
    'random': vector,
    'half 0': np.where(vector > 0, vector, 0),
    'constant': vector * 0 + 3,
    '+-0': vector * 0,
  }[scores]
  tree = {
    'deep': jnp.asarray(vector[:144].reshape(9, 16)),
    'wide': jnp.asarray(vector[144:].reshape(12, 5)),
  }
  wide = min(total, 59 if total < SIZE else 60)
  counts = {'deep': total - wide, 'exempt': None, 'wide': wide}
  if total == SIZE - 1:
    counts = {'deep': 143, 'exempt': None, 'wide': 60}
  updater = prune_at_init(counts, of(tree))
  jitted = jax.jit(lambda key: updater.init(PARAMS, key=key).masks)
  masks = masks_of(updater)
  assert together(masks).sum() == total
  for name, mask in jitted(jax.random.key(0)).items():
    if mask is not None:
      np.testing.assert_array_equal(mask, masks[name])


def test_rounds_approach_the_target_exponentially():
  sizes = []

  def score(params, masks, probe, *, round, key):
    jax.debug.callback(
      lambda *n: sizes.append(int(sum(n))), *jax.tree.leaves(active(masks))
    )
    return SCORES | {'exempt': None}

  masks_of(prune_at_init(COUNTS, score, rounds=5))
  jax.effects_barrier()
  expected = [round(SIZE * (85 / SIZE) ** (i / 5)) for i in range(5)]
  assert sizes == expected


@pytest.mark.parametrize('regrow', [False, True])
def test_weights_come_back_only_where_a_method_lets_them(regrow):
  """The first round's lowest are the second round's highest."""

  def score(params, masks, probe, *, round, key):
    sign = jnp.where(round == 1, 1, -1).astype(jnp.float32)
    return jax.tree.map(lambda s: sign * s, SCORES) | {'exempt': None}

  masks = masks_of(prune_at_init(COUNTS, score, rounds=2, regrow=regrow))
  scores = together(SCORES)
  first = top(scores, round(SIZE * (85 / SIZE) ** 0.5))
  eligible = np.where(first | regrow, -scores, -np.inf)
  np.testing.assert_array_equal(together(masks), top(eligible, 85))


@pytest.mark.parametrize('rounds', [1, 3])
@pytest.mark.parametrize('wrong', [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused(wrong, rounds):
  scores = SCORES | {'wide': SCORES['wide'].at[0, 0].set(wrong)}
  updater = prune_at_init(COUNTS, of(scores), rounds=rounds)
  with pytest.raises(ValueError, match='scores are not finite'):
    masks_of(updater)
  # Under jit they leave no weight active, which a run refuses.
  masks = jax.jit(lambda key: updater.init(PARAMS, key=key).masks)
  assert not any(map(np.any, jax.tree.leaves(masks(jax.random.key(0)))))


@pytest.mark.parametrize(
  ('rounds', 'error'), [(0, ValueError), (1.0, TypeError), (True, TypeError)]
)
def test_a_number_of_rounds_is_checked(rounds, error):
  with pytest.raises(error, match='rounds is'):
    prune_at_init(COUNTS, of(SCORES), rounds=rounds)


def test_another_kind_of_method_has_none_of_these():
  updater = rigl_module.rigl(COUNTS, stop_step=10)
  with pytest.raises(ValueError, match='shuffled: accepted is a method that'):
    options(updater, shuffled=True)
