import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.optim.masked import apply_gradients, masked_updates


def steps(tx, params, trained, grads, n=3):
  opt_state = tx.init(params)
  for _ in range(n):
    params, opt_state = apply_gradients(tx, grads, opt_state, params, trained)
  return params, opt_state


@pytest.mark.parametrize(
  'tx',
  [
    optax.adamw(0.1, weight_decay=0.5),
    optax.noisy_sgd(0.1, key=0),
    optax.chain(optax.centralize(), optax.sgd(0.1, momentum=0.9)),
  ],
  ids=['decay', 'noise', 'centred'],
)
def test_what_is_outside_stays_as_it_is_whatever_stands_there(
  tx, params, masks
):
  trained = masks[0]
  outside = ~np.asarray(trained['w'])
  grads = {'b': params['b'], 'w': jnp.where(outside, jnp.nan, 1.0)}
  new, _ = steps(tx, params, trained, grads)
  np.testing.assert_array_equal(new['w'][outside], params['w'][outside])
  moved = np.asarray(new['w'] != params['w'])
  np.testing.assert_array_equal(moved, ~outside)
  assert np.all(np.isfinite(new['w']))


@pytest.mark.parametrize(
  'tx',
  [
    optax.sgd(0.1, momentum=0.9),
    optax.adamw(0.1),
    optax.rmsprop(0.1, centered=True),
    optax.adagrad(0.1),
  ],
  ids=['sgd', 'adamw', 'rmsprop', 'adagrad'],
)
def test_active_weights_move_as_if_there_were_no_others(tx, params, masks):
  """The oracle: the same optimiser on the active weights as one vector."""
  grads = jax.tree.map(jnp.cos, params)
  new, _ = steps(tx, params, masks[0], grads)
  inside = np.asarray(masks[0]['w'])
  packed = {'b': params['b'], 'w': params['w'][inside]}
  none = jax.tree.map(lambda _: None, packed)
  alone, _ = steps(tx, packed, none, {'b': grads['b'], 'w': grads['w'][inside]})
  np.testing.assert_array_equal(new['w'][inside], alone['w'])
  np.testing.assert_array_equal(new['b'], alone['b'])


def test_the_optimiser_does_not_see_gradients_outside(params, masks):
  tx = optax.clip_by_global_norm(1.0)
  grads = {'b': jnp.zeros_like(params['b']), 'w': jnp.full((5, 7), 2.0)}
  updates, _ = masked_updates(tx, grads, tx.init(params), params, masks[0])
  inside = np.asarray(masks[0]['w'])
  expected = np.where(inside, 1 / np.sqrt(inside.sum()), 0)
  np.testing.assert_allclose(updates['w'], expected, rtol=1e-6)
