"""Layers that an optimiser freezes, and those of which it keeps no momentum."""

import jax
import jax.numpy as jnp
import optax
import pytest

from jaxsparse.core.distributions.erk import erk
from jaxsparse.optim.frozen import check_moves, never_moved
from jaxsparse.optim.reset import check_momentum
from jaxsparse.optim.sparsify import sparsify
from jaxsparse.updaters.growth.with_momentum import with_momentum
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

PARAMS = {
  name: {'kernel': jnp.ones((6, 4)), 'bias': jnp.zeros(4)} for name in 'ab'
}
TIMES = {'update_interval': 2, 'start_step': 0, 'stop_step': 9}


def where(layer, inside, outside):
  """A tree with `inside` at the leaves of a layer."""
  return {
    name: dict.fromkeys(leaves, inside if name == layer else outside)
    for name, leaves in PARAMS.items()
  }


def partitioned(layer='b', **parts):
  parts = {'moved': optax.adam(0.1), 'frozen': optax.set_to_zero()} | parts
  return optax.partition(parts, where(layer, 'frozen', 'moved'))


FREEZE = {
  'partition': partitioned,
  'masked': lambda: optax.chain(
    optax.adam(0.1), optax.masked(optax.set_to_zero(), where('b', True, False))
  ),
  'scaled after': lambda: optax.chain(partitioned(), optax.scale(-0.5)),
  'clipped before': lambda: optax.chain(
    optax.clip_by_global_norm(1.0), partitioned()
  ),
  'with a traced rate': lambda: partitioned(moved=optax.sgd(jnp.float32(0.1))),
  'compiled': lambda: optax.GradientTransformation(
    partitioned().init, jax.jit(partitioned().update)
  ),
  'injected': lambda: optax.chain(
    optax.inject_hyperparams(optax.sgd)(0.1),
    optax.masked(optax.set_to_zero(), where('b', True, False)),
  ),
}


@pytest.mark.parametrize('how', FREEZE)
def test_frozen_leaves_are_found_however_they_are_frozen(how):
  tx = FREEZE[how]()
  assert never_moved(tx, PARAMS) == ('b/bias', 'b/kernel')
  counts = erk(PARAMS, 0.5)
  with pytest.raises(ValueError, match=r"never moves 'b/kernel', .* \(None in"):
    check_moves(tx, PARAMS, counts)
  check_moves(tx, PARAMS, counts | {'b': {'kernel': None, 'bias': None}})


def test_what_moves_is_not_frozen(per_weight, params):
  assert never_moved(per_weight, params) == ()


def test_factored_optimisers_move_all(factored, params):
  assert never_moved(factored, params) == ()


def test_weight_decay_alone_moves_a_leaf():
  tx = optax.chain(partitioned(), optax.add_decayed_weights(0.1))
  assert never_moved(tx, PARAMS) == ()


def test_a_method_whose_masks_change_refuses_a_frozen_layer(key):
  counts = erk(PARAMS, 0.5)
  methods = rigl(counts, stop_step=9), static(counts)
  changing, fixed = (
    sparsify(partitioned(), method, key=key, **TIMES) for method in methods
  )
  for init in (changing.init, jax.jit(changing.init)):
    with pytest.raises(ValueError, match="never moves 'b/kernel'"):
      init(PARAMS)
  jax.eval_shape(fixed.init, PARAMS)
  spared = counts | {'b': {'kernel': None, 'bias': None}}
  moved = sparsify(partitioned(), rigl(spared, stop_step=9), key=key, **TIMES)
  jax.eval_shape(moved.init, PARAMS)


MOMENTA = {
  'adam': partitioned(moved=optax.sgd(0.1, 0.9), frozen=optax.adam(0.1)),
  'no momentum': partitioned(moved=optax.sgd(0.1, 0.9), frozen=optax.sgd(0.1)),
  'momentum of steps': partitioned(
    moved=optax.sgd(0.1, 0.9), frozen=optax.rmsprop(0.1, momentum=0.9)
  ),
}


@pytest.mark.parametrize('other', MOMENTA)
def test_the_leaf_without_a_momentum_of_gradients_is_named(other, key):
  tx, counts = MOMENTA[other], erk(PARAMS, 0.5)
  of_a = counts | {'b': {'kernel': None, 'bias': None}}
  check_momentum(tx, PARAMS, of_a)
  updater = with_momentum(rigl(counts, stop_step=9), 0.5)
  with pytest.raises(ValueError, match="none of gradients at 'b/kernel'"):
    sparsify(tx, updater, key=key, **TIMES).init(PARAMS)
  updater = with_momentum(rigl(of_a, stop_step=9), 0.5)
  jax.eval_shape(sparsify(tx, updater, key=key, **TIMES).init, PARAMS)
