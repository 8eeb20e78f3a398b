import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core.types import Facts, MaskState, MaskUpdater
from jaxsparse.training.evaluate import (
  BrokenInvariant,
  checked_active,
  is_finite,
)
from jaxsparse.training.state import TrainState

COUNTS = {'a/kernel': 3, 'b/kernel': 2}


def state_of(a=(1, 1, 1, 0), b=(1, 1, 0), params=None):
  masks = {
    'a': {'kernel': jnp.asarray([a], bool), 'bias': None},
    'b': {'kernel': jnp.asarray([b], bool)},
  }
  if params is None:
    params = jax.tree.map(
      lambda m: jnp.where(m, 0.5, 0.0),
      masks | {'a': masks['a'] | {'bias': jnp.ones(4, bool)}},
    )
  return TrainState(jnp.int32(0), params, {}, (), MaskState(masks))


def updater(invariant, **facts):
  return MaskUpdater(
    init=None, update=None, facts=Facts(invariant=invariant, **facts)
  )


def checked(state, invariant='per_leaf', **kwargs):
  return checked_active(state, updater(invariant), COUNTS, **kwargs)


def test_a_sound_state_tells_its_active_weights():
  assert checked(state_of()) == COUNTS


def test_an_active_weight_may_be_zero():
  state = state_of()
  zeros = jax.tree.map(jnp.zeros_like, state.params)
  assert checked(state._replace(params=zeros)) == COUNTS


@pytest.mark.parametrize('value', [1e-30, -2.0, np.nan, np.inf])
def test_a_weight_outside_its_mask_breaks_it(value):
  state = state_of()
  kernel = state.params['a']['kernel'].at[0, 3].set(value)
  params = state.params | {'a': state.params['a'] | {'kernel': kernel}}
  with pytest.raises(BrokenInvariant, match=r'a/kernel: 1 weights outside'):
    checked(state._replace(params=params))


def test_what_may_be_trained_may_lie_outside_the_masks():
  state = state_of()
  ones = jax.tree.map(jnp.ones_like, state.params)
  state = state._replace(params=ones)
  wide = jax.tree.map(jnp.ones_like, state.mask_state.masks)
  method = updater('per_leaf')._replace(trained=lambda _: wide)
  assert checked_active(state, method, COUNTS) == COUNTS


def test_so_may_all_weights_of_a_method_that_stores_them():
  state = state_of()
  ones = jax.tree.map(jnp.ones_like, state.params)
  method = updater('per_leaf', stores_all=True)
  assert checked_active(state._replace(params=ones), method, COUNTS) == COUNTS


@pytest.mark.parametrize(
  ('invariant', 'a', 'b', 'broken'),
  [
    ('per_leaf', (1, 1, 1, 1), (1, 0, 0), 'a/kernel: 4'),
    ('per_leaf', (1, 1, 1, 0), (1, 0, 0), 'b/kernel: 1'),
    ('total', (1, 1, 1, 1), (1, 0, 0), None),
    ('total', (1, 1, 1, 1), (1, 1, 0), 'total: 6'),
    ('total', (1, 1, 0, 0), (1, 1, 0), 'total: 4'),
    ('scheduled', (1, 1, 1, 1), (1, 1, 0), None),
    ('scheduled', (1, 1, 1, 1), (1, 0, 0), 'b/kernel: 1'),
    ('scheduled_total', (1, 1, 1, 1), (1, 0, 0), None),
    ('scheduled_total', (1, 1, 1, 0), (1, 0, 0), 'total: 4'),
    ('dense', (1, 1, 1, 1), (1, 1, 1), None),
    ('dense', (1, 1, 1, 0), (1, 1, 1), 'a/kernel: 3'),
  ],
)
def test_masks_hold_what_the_method_promises(invariant, a, b, broken):
  state = state_of(a, b)
  if broken is None:
    assert checked(state, invariant) == {'a/kernel': sum(a), 'b/kernel': sum(b)}
  else:
    with pytest.raises(BrokenInvariant, match=broken):
      checked(state, invariant)


def test_a_schedule_has_met_its_counts_when_the_run_is_over():
  assert checked(state_of(), 'scheduled', final=True) == COUNTS
  with pytest.raises(BrokenInvariant, match='a/kernel: 4'):
    checked(state_of(a=(1, 1, 1, 1)), 'scheduled', final=True)
  moved = state_of(a=(1, 1, 1, 1), b=(1, 0, 0))
  checked(moved, 'scheduled_total', final=True)
  with pytest.raises(BrokenInvariant, match='total: 6'):
    checked(state_of(a=(1, 1, 1, 1)), 'scheduled_total', final=True)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('name', ['kernel', 'bias'])
def test_one_weight_makes_a_state_not_finite(name, value):
  state = state_of()
  assert is_finite(state)
  leaf = state.params['a'][name]
  leaf = leaf.at[(0,) * leaf.ndim].set(value)
  params = state.params | {'a': state.params['a'] | {name: leaf}}
  assert not is_finite(state._replace(params=params))
