"""Exploration rate and churn against sets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import exploration

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
