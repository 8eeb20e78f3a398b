import inspect

import jax
import jax.numpy as jnp
import optax
import pytest
from optax import contrib

from jaxsparse.core import paths
from jaxsparse.optim.supported import check_optimiser


def test_per_weight_optimisers_are_accepted(per_weight, params):
  check_optimiser(per_weight, params)


def test_factored_optimisers_are_accepted(factored, params):
  check_optimiser(factored, params)


def test_others_are_refused_with_the_reason_and_what_is_accepted(
  refused, params
):
  tx, words = refused
  with pytest.raises(ValueError, match=words) as error:
    check_optimiser(tx, params)
  assert 'cannot be used under masks' in str(error.value)
  assert 'Accepted are' in str(error.value)


def test_every_optimiser_of_optax_is_settled(settled):
  exported = {
    name
    for module in (optax, contrib)
    for name, fn in inspect.getmembers(module, inspect.isfunction)
    if 'learning_rate' in inspect.signature(fn).parameters
    and not name.startswith(('_', 'scale_by_'))
  }
  assert len(exported) > 40
  assert exported <= settled


def test_shapes_are_enough(params):
  shapes = paths.abstract(params)
  check_optimiser(optax.adam(0.1), shapes)
  with pytest.raises(ValueError, match='matrix function'):
    check_optimiser(contrib.muon(0.1), shapes)


def test_a_matrix_function_inside_a_call_is_found():
  def mix(updates, state, params=None):
    del params
    w = updates['w']
    rotate = jax.jit(
      lambda: jax.lax.cond(w[0, 0] > 0, lambda: jnp.linalg.qr(w)[0], lambda: w)
    )
    return {'w': rotate()}, state

  tx = optax.GradientTransformation(lambda _: optax.EmptyState(), mix)
  with pytest.raises(ValueError, match='matrix function'):
    check_optimiser(tx, {'w': jnp.zeros((5, 5))})


def test_updates_of_other_shapes_are_refused(params):
  tx = optax.stateless(lambda updates, _: {'w': updates['w']})
  with pytest.raises(ValueError, match='not shaped like the parameters'):
    check_optimiser(tx, params)


def test_an_inner_product_is_not_a_matrix_function(params):
  def scaled(updates, state, params=None):
    del params
    norm = jnp.sqrt(optax.tree.vdot(updates, updates))
    return jax.tree.map(lambda u: u / norm, updates), state

  tx = optax.GradientTransformation(lambda _: optax.EmptyState(), scaled)
  check_optimiser(tx, params)


def test_a_state_that_changes_its_type_is_refused(params):
  def grow(updates, state, params=None):
    del params
    return updates, (jnp.zeros(state[0].size + 1, jnp.float32),)

  tx = optax.GradientTransformation(
    lambda _: (jnp.zeros(1, jnp.float32),), grow
  )
  changes = r"from step to step: leaf '0' from float32\[1\] to float32\[2\]"
  with pytest.raises(ValueError, match=changes):
    check_optimiser(tx, params)


@pytest.mark.parametrize(
  ('after', 'said'),
  [
    (
      {'count': jnp.float32(0)},
      r": leaf 'count' from int32\[\] to float32\[\]",
    ),
    ({'count': jnp.int32(0), 'more': jnp.int32(0)}, ' in structure'),
  ],
)
def test_what_changes_in_a_state_is_named(params, after, said):
  tx = optax.GradientTransformation(
    lambda _: {'count': jnp.int32(0)}, lambda updates, *_: (updates, after)
  )
  with pytest.raises(ValueError, match=f'from step to step{said}'):
    check_optimiser(tx, params)


def test_what_is_no_optimiser_is_named():
  with pytest.raises(TypeError, match='3; accepted is an optax'):
    check_optimiser(3, {})


@pytest.mark.parametrize('leaf', [1.0, jax.nn.relu])
def test_a_leaf_that_is_no_array_is_named(leaf):
  with pytest.raises(TypeError, match=r"'layer/act' .* eqx\.filter"):
    check_optimiser(optax.sgd(0.1), {'layer': {'act': leaf}})
