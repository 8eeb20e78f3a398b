import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib
from orbax import checkpoint

from jaxsparse.core import prng
from jaxsparse.core.drop_grow import carry_over
from jaxsparse.core.schedules import is_mask_step
from jaxsparse.core.types import Facts, MaskState, MaskUpdater, Times
from jaxsparse.optim.masked import forward_params, stored_params
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.updaters.growth.starting_at import starting_at
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.snfs import snfs

TIMES = {'update_interval': 3, 'start_step': 0, 'stop_step': 9}
RAMP = {'start_step': 0, 'stop_step': 9}
COUNTS = {'b': None, 'w': 15}


def gradient(seen, t):
  """Large where it likes, so that growth finds new places each time."""

  def one(p):
    wave = jnp.cos(7.0 * jnp.arange(p.size) + t).reshape(p.shape)
    return wave + 0.125 * p

  return jax.tree.map(one, seen)


def run_scan(transform, params, steps=8):
  """Params, before and state after each of some steps, stacked."""

  def body(carry, t):
    params, state = carry
    grads = gradient(sparsify_params(params, state), t)
    updates, state = transform.update(grads, state, params)
    params = optax.apply_updates(params, updates)
    return (params, state), (params, state)

  start = (params, transform.init(params))
  return jax.jit(lambda c: jax.lax.scan(body, c, jnp.arange(steps)))(start)[1]


def at(tree, t):
  return jax.tree.map(lambda x: x[t], tree)


def assert_same(a, b):
  def one(x, y):
    if jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
      x, y = jax.random.key_data(x), jax.random.key_data(y)
    np.testing.assert_array_equal(x, y)

  jax.tree.map(one, a, b)


def rigl_updater(**times):
  times = RAMP | times
  return rigl(COUNTS, drop_fraction=0.5, drop_schedule='constant', **times)


def decayed(grads, state, params, *, step, key):
  return jax.tree.map(lambda g, p: g + 0.5 * p, grads, params)


UPDATERS = {
  'rigl': rigl_updater,
  'grows at its gradient': lambda: starting_at(rigl_updater(), 'gradient'),
  'snfs': lambda: snfs(COUNTS, drop_fraction=0.5, **RAMP),
  'stores all, decays': lambda: rigl_updater()._replace(
    facts=Facts(stores_all=True, step_on_update=True),
    regularise=decayed,
  ),
}
# Products with powers of two are exact, so that it does not matter where the
# compiler contracts a product and a sum.
EXACT = {
  'sgd': lambda: optax.sgd(0.125, momentum=0.5),
  'noisy': lambda: optax.chain(
    optax.add_noise(1.0, 0.0, key=1), optax.sgd(0.125)
  ),
}


@pytest.mark.parametrize(
  ('method', 'optimiser', 'start_step'),
  [
    ('rigl', 'noisy', 0),
    ('rigl', 'sgd', 1),
    ('grows at its gradient', 'sgd', 0),
    ('snfs', 'sgd', 0),
    ('stores all, decays', 'sgd', 0),
  ],
)
def test_it_is_the_loop_of_the_two_transitions_bit_for_bit(
  method, optimiser, start_step, params, key
):
  tx, updater = EXACT[optimiser](), UPDATERS[method]()
  updater = updater._replace(facts=updater.facts._replace(times=Times()))
  times = TIMES | {'start_step': start_step}
  mine = run_scan(sparsify(tx, updater, key=key, **times), params)
  step_key = prng.stream(key, 'masks')
  mask_state = updater.init(params, key=prng.stream(key, 'initial_masks'))
  params = stored_params(updater, params, mask_state)
  opt_state = tx.init(params)

  @jax.jit
  def grads_at(params, mask_state, t):
    return gradient(forward_params(updater, params, mask_state), t)

  kinds = {
    kind: jax.jit(
      lambda g, o, m, p, t, kind=kind: kind(
        tx, updater, g, o, m, p, step=t, key=prng.at(step_key, t)
      )
    )
    for kind in (mask_step, optimiser_step)
  }
  for t in range(8):
    kind = mask_step if is_mask_step(t, **times) else optimiser_step
    params, opt_state, mask_state = kinds[kind](
      grads_at(params, mask_state, t), opt_state, mask_state, params, t
    )
    theirs = (params, opt_state, mask_state)
    stacked = (mine[0], mine[1].opt_state, mine[1].mask_state)
    assert_same(at(stacked, t), theirs)


def test_a_jitted_step_at_a_time_is_the_scan(scripted, masks, params, key):
  updater = scripted(*masks, facts=Facts(step_on_update=True))
  transform = sparsify(EXACT['sgd'](), updater, key=key, **TIMES)
  scanned, states = run_scan(transform, params)

  @jax.jit
  def step(params, state, t):
    grads = gradient(sparsify_params(params, state), t)
    updates, state = transform.update(grads, state, params)
    return optax.apply_updates(params, updates), state

  state = transform.init(params)
  for t in range(8):
    params, state = step(params, state, t)
  assert step._cache_size() == 1
  assert_same(params, at(scanned, -1))
  assert_same(state, at(states, -1))


def random_masks(key):
  return {'b': None, 'w': jax.random.bernoulli(key, 0.4, (5, 7))}


def redraw(grads, state, params, *, step, key):
  new = random_masks(key)
  return carry_over(params, state.masks, new), MaskState(new)


def test_members_under_vmap_are_the_runs_alone(params):
  updater = MaskUpdater(
    init=lambda params, *, key, probe: MaskState(random_masks(key)),
    update=redraw,
  )

  def final(key):
    transform = sparsify(optax.adam(0.1), updater, key=key, **TIMES)
    after, states = run_scan(transform, params)
    return at(after, -1), at(states, -1).mask_state.masks

  keys = jax.random.split(jax.random.key(1), 2)
  weights, masks = jax.vmap(final)(keys)
  assert np.any(masks['w'][0] != masks['w'][1])
  alone_in = jax.jit(final)
  for i, key in enumerate(keys):
    alone, alone_masks = alone_in(key)
    np.testing.assert_array_equal(masks['w'][i], alone_masks['w'])
    np.testing.assert_allclose(weights['w'][i], alone['w'], rtol=1e-5)


def test_the_first_update_cuts_the_dense_params(params, key):
  times = TIMES | {'start_step': 1}
  updater = rigl_updater(start_step=1)
  transform = sparsify(optax.sgd(0.1), updater, key=key, **times)
  state = transform.init(params)
  mask = np.asarray(state.mask_state.masks['w'])
  seen = sparsify_params(params, state)
  np.testing.assert_array_equal(seen['w'], np.where(mask, params['w'], 0))
  np.testing.assert_array_equal(seen['b'], params['b'])
  grads = gradient(seen, 0)
  updates, _ = transform.update(grads, state, params)
  expected = np.where(mask, np.float32(-0.1) * grads['w'], -params['w'])
  np.testing.assert_array_equal(updates['w'], expected)


def test_statistics_that_start_at_the_params_start_at_the_cut_ones(params, key):
  tx = contrib.schedule_free_sgd(0.1)
  state = sparsify(tx, rigl_updater(), key=key, **TIMES).init(params)
  outside = ~np.asarray(state.mask_state.masks['w'])
  np.testing.assert_array_equal(state.opt_state.z['w'][outside], 0)


def test_a_mask_step_of_rigl_moves_nothing_but_what_it_drops(params, key):
  tx = optax.adamw(0.1)
  transform = sparsify(tx, rigl_updater(), key=key, **TIMES)
  after, states = run_scan(transform, params, steps=4)
  masks = np.asarray(states.mask_state.masks['w'])
  dropped = masks[2] & ~masks[3]
  assert dropped.any()
  expected = np.where(dropped, 0, after['w'][2])
  np.testing.assert_array_equal(after['w'][3], expected)
  assert states.opt_state[0].count[-1] == 2


def test_without_a_step_the_update_of_a_kept_weight_is_0(
  scripted, masks, params, key
):
  """Also where the optimiser's own would be too small to tell."""
  transform = sparsify(optax.sgd(1e-12), scripted(*masks), key=key, **TIMES)
  grads = jax.tree.map(jnp.ones_like, params)
  updates, _ = transform.update(grads, transform.init(params), params)
  kept = np.asarray(masks[0]['w'] & masks[1]['w'])
  np.testing.assert_array_equal(updates['b'], 0)
  np.testing.assert_array_equal(updates['w'], np.where(kept, 0, -params['w']))


def test_low_precision_params_end_exactly_at_0_too(
  scripted, masks, params, key
):
  params = jax.tree.map(lambda p: p.astype(jnp.bfloat16), params)
  updater = scripted(*masks, facts=Facts(step_on_update=True))
  tx = optax.adam(0.1, mu_dtype=jnp.float32)
  after, states = run_scan(sparsify(tx, updater, key=key, **TIMES), params)
  assert after['w'].dtype == jnp.bfloat16
  masks = np.asarray(states.mask_state.masks['w'])
  assert np.all(np.asarray(after['w'], np.float32)[~masks] == 0)


def test_a_probe_reaches_the_method(params, key):
  def init(params, *, key, probe=None):
    raise ValueError(f'probe is {probe}')

  updater = rigl_updater()._replace(init=init)
  transform = sparsify(
    optax.sgd(0.1), updater, key=key, probe='the probe', **TIMES
  )
  with pytest.raises(ValueError, match='probe is the probe'):
    transform.init(params)


def test_the_state_survives_a_checkpoint(
  scripted, masks, params, key, tmp_path
):
  transform = sparsify(optax.adam(0.1), scripted(*masks), key=key, **TIMES)
  state = transform.init(params)
  with checkpoint.StandardCheckpointer() as checkpointer:
    checkpointer.save(tmp_path / 'state', state)
    checkpointer.wait_until_finished()
    shapes = jax.eval_shape(transform.init, params)
    restored = checkpointer.restore(tmp_path / 'state', shapes)
  assert_same(restored, state)
  seen, expected = (sparsify_params(params, s) for s in (restored, state))
  assert_same(seen, expected)


@pytest.mark.parametrize(
  ('build', 'carried'),
  [
    (lambda: rigl_updater(start_step=1), {'bool'}),
    (lambda: snfs(COUNTS, start_step=1, stop_step=9), {'bool'}),
    (
      lambda: starting_at(rigl_updater(start_step=1), 'normal'),
      {'bool', 'float32'},
    ),
  ],
)
def test_a_branch_computes_masks_alone_unless_the_method_changes_more(
  build, carried, params, key
):
  times = TIMES | {'start_step': 1}
  tx = sparsify(optax.adam(0.1), build(), key=key, **times)
  state = tx.init(params)
  jaxpr = jax.make_jaxpr(tx.update)(params, state, params)
  conds = [e for e in jaxpr.eqns if e.primitive.name == 'cond']
  results = [var.aval for e in conds for var in e.outvars]
  found = {str(x.dtype) for x in results if x.shape == params['w'].shape}
  assert found == carried
