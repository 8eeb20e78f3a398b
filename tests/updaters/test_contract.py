"""What every method promises, whoever wrote it. See `conftest.py`."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest

from jaxsparse.core import masks as masking
from jaxsparse.core import paths, prng
from jaxsparse.optim.masked import forward_params, stored_params
from jaxsparse.optim.sparsify import sparsify
from jaxsparse.optim.transition import mask_step, optimiser_step

OPTIMISERS = {
  'sgd': optax.sgd(0.02, momentum=0.9),
  'adam': optax.adam(0.02),
}
VALUE_AND_GRAD = jax.jit(
  lambda loss, params, batch: jax.value_and_grad(loss)(params, batch),
  static_argnums=0,
)


@pytest.fixture(autouse=True)
def _strict(request):
  # Optax's adam fails under strict promotion.
  mode = 'standard' if 'optimiser' in request.fixturenames else 'strict'
  with jax.numpy_dtype_promotion(mode):
    yield


def _active(masks):
  return np.array(list(masking.active_by_path(masks).values()))


def _assert_equal(found, expected):
  jax.tree.map(np.testing.assert_array_equal, found, expected)


def _assert_same_moment(found, expected):
  """Masks equal, floats to rounding: compilers may fuse differently."""
  _assert_equal(found.new.masks, expected.new.masks)
  jax.tree.map(
    lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6),
    found,
    expected,
  )


def test_invariant(case):
  states = [case.trajectory.first, *(m.new for m in case.moments)]
  active = np.array([_active(state.masks) for state in states])
  target = np.array(list(paths.flatten(case.counts).values()))
  size = np.array(list(masking.sizes_by_path(states[0].masks).values()))
  match case.updater.facts.invariant:
    case 'per_leaf':
      assert (active == target).all()
    case 'total':
      assert (active.sum(axis=1) == target.sum()).all()
      assert (active != target).any()
    case 'scheduled':
      assert (np.diff(active, axis=0) <= 0).all()
      assert (active[-1] == target).all()
    case 'scheduled_total':
      assert (np.diff(active, axis=0) <= 0).all()
      assert active[-1].sum() == target.sum()
      assert (active[-1] != target).any()
    case 'dense':
      assert (active == size).all()
    case other:
      raise AssertionError(f'no such invariant: {other!r}')


def test_counts_are_those_that_it_says_beforehand(case):
  updater, last = case.updater, case.trajectory.last
  if (
    updater.facts.scheduled is not None
    and updater.facts.invariant == 'scheduled'
  ):
    states = [case.trajectory.first, *(m.new for m in case.moments)]
    for step, state in zip((-1, *case.taken), states, strict=True):
      said = updater.facts.scheduled(case.params, step)
      assert masking.active_by_path(state.masks) == paths.flatten(said)
  if updater.facts.trained_counts is not None:
    said = updater.facts.trained_counts(case.params)
    assert masking.active_by_path(updater.trained(last)) == paths.flatten(said)


def test_it_says_what_steps_its_schedule_was_made_for(case):
  known = inspect.signature(case.builder).parameters
  for field in ('start_step', 'stop_step'):
    expected = case.plan[field] if field in known else None
    assert getattr(case.updater.facts.times, field) == expected


def test_gradients_of_dormant_weights_are_read_as_declared(case, key):
  # Half way, where those that prune have begun and growth is not yet over.
  middle = len(case.mask_steps) // 2
  state, params = case.moments[middle].old, case.moments[middle].given
  random = np.random.default_rng(0)
  grads = jax.tree.map(
    lambda p: jnp.asarray(random.normal(size=p.shape), p.dtype), case.params
  )
  both = grads, masking.apply_masks(grads, case.updater.trained(state))

  def reads(fn, step):
    found = [
      jax.tree.leaves(fn(g, state, params, step=step, key=key)) for g in both
    ]
    return any(
      not np.array_equal(*leaves) for leaves in zip(*found, strict=True)
    )

  # Mask steps are two steps apart.
  step, declared = case.mask_steps[middle], case.updater.facts.dense_batches
  observed = reads(case.updater.observe, step)
  updated = bool(case.taken) and reads(case.updater.update, step)
  assert (observed or updated) == (declared != 0)
  assert reads(case.updater.observe, step + 1) == (
    declared is None or declared > 1
  )


def test_masks_fit_params_and_exempt_leaves_have_none(case):
  for state in (case.trajectory.first, case.trajectory.last):
    masking.check_masks(case.params, state.masks)
    assert (
      paths.flatten(state.masks).keys() == paths.flatten(case.counts).keys()
    )


def test_update_touches_nothing_but_what_it_drops(case):
  """Survivors and exempt leaves stay bit for bit; the rest is 0.

  What a method stores beside what it trains stays too. What it prunes before
  it grows is no survivor.
  """
  for step, moment in zip(case.mask_steps, case.moments, strict=True):
    old = paths.flatten(case.survivors(moment, step))
    new = paths.flatten(case.updater.trained(moment.new))
    given = paths.flatten(moment.given)
    for path, leaf in paths.flatten(moment.params).items():
      cut = path in new and not case.updater.facts.stores_all
      survives = old[path] & new[path] if cut else True
      expected = np.where(survives, given[path], 0)
      np.testing.assert_array_equal(leaf, expected, err_msg=path)


def test_the_loss_sees_zero_outside_the_masks(case):
  for moment in case.moments:
    seen = paths.flatten(
      forward_params(case.updater, moment.params, moment.new)
    )
    for path, mask in paths.flatten(moment.new.masks).items():
      assert not np.asarray(seen[path])[~mask].any()


def test_the_key_decides_and_leaves_of_one_shape_differ(case):
  def masks(seed):
    run = case.run(case.counts, case.numbers, jax.random.key(seed))
    return {p: np.asarray(m) for p, m in paths.flatten(run.first.masks).items()}

  first, again, other = masks(0), masks(0), masks(1)
  _assert_equal(first, again)
  if any((first[path] != other[path]).any() for path in first):
    assert (first['first/kernel'] != first['second/kernel']).any()


def test_one_program_serves_all_counts_and_numbers(case, key):
  """No recompile on the second call, nor for another sparsity."""
  case.run(case.counts, case.numbers, key)
  traces = case.traces
  fewer = jax.tree.map(lambda n: n - 3, case.counts)
  numbers = {name: 0.5 * x for name, x in case.numbers.items()}
  run = case.run(fewer, numbers, jax.random.key(5))
  assert case.traces == traces
  if case.updater.facts.invariant != 'dense':
    assert _active(run.last.masks).sum() == sum(jax.tree.leaves(fewer))


def test_jit_with_traced_values_equals_no_jit_with_host_numbers(case, key):
  """The former over eight devices, the latter on one."""
  state, moment = case.first_moment(key)
  _assert_equal(case.trajectory.first.masks, state.masks)
  _assert_same_moment(case.moments[0], moment)


def test_masks_are_sharded_as_params(case):
  shardings = {
    path: leaf.sharding
    for path, leaf in paths.flatten(case.sharded_params).items()
  }
  for state in (case.trajectory.first, case.trajectory.last):
    for path, mask in paths.flatten(state.masks).items():
      assert mask.sharding.is_equivalent_to(shardings[path], mask.ndim), path


def test_vmap_equals_a_loop(case):
  keys = [jax.random.key(seed) for seed in range(3)]
  stacked = jax.vmap(case.first_moment)(jnp.stack(keys))
  for i, key in enumerate(keys):
    state, moment = jax.tree.map(lambda x, i=i: x[i], stacked)
    alone = case.run(case.counts, case.numbers, key)
    _assert_equal(state.masks, alone.first.masks)
    _assert_same_moment(moment, jax.tree.map(lambda x: x[0], alone.moments))


def test_state_survives_orbax(case, tmp_path):
  state = case.trajectory.last
  with ocp.StandardCheckpointer() as checkpointer:
    checkpointer.save(tmp_path / 'state', state)
    checkpointer.wait_until_finished()
    restored = checkpointer.restore(tmp_path / 'state', paths.abstract(state))
  assert jax.tree.structure(restored) == jax.tree.structure(state)
  _assert_equal(restored, state)
  assert all(mask.dtype == bool for mask in jax.tree.leaves(restored.masks))


def test_update_is_called_at_the_mask_steps_that_the_method_takes(case, key):
  called = []

  def update(*args, step, **kwargs):
    jax.debug.callback(lambda t: called.append(int(t)), step)
    return case.updater.update(*args, step=step, **kwargs)

  updater = case.updater._replace(update=update)
  tx = sparsify(
    optax.sgd(0.02), updater, key=key, probe=case.probe, **case.plan
  )

  @jax.jit
  def run(state):
    grads = jax.tree.map(jnp.ones_like, case.params)
    return jax.lax.scan(
      lambda state, _: (tx.update(grads, state, case.params)[1], None),
      state,
      length=12,
    )[0]

  state = jax.block_until_ready(run(tx.init(case.params)))
  jax.effects_barrier()
  assert int(state.step) == 12
  assert called == list(case.taken)


@pytest.mark.parametrize(
  'optimiser', ['sgd', pytest.param('adam', marks=pytest.mark.slow)]
)
def test_a_short_training_run(case, optimiser, key):
  """Without jit, so that methods share their compiled programs."""
  tx, updater = OPTIMISERS[optimiser], case.updater
  state, losses = case.first_moment(key)[0], []
  params = stored_params(updater, case.params, state)
  opt_state = tx.init(params)
  for step in range(12):
    loss, grads = VALUE_AND_GRAD(
      case.probe.loss,
      forward_params(updater, params, state),
      case.probe.batches[0],
    )
    changes = step in case.taken
    params, opt_state, state = (mask_step if changes else optimiser_step)(
      *(tx, updater, grads, opt_state, state, params),
      step=step,
      key=prng.at(key, step),
    )
    losses.append(float(loss))
    _assert_equal(params, stored_params(updater, params, state))
  assert losses[-1] < losses[0]
  if updater.facts.invariant != 'dense':
    assert _active(state.masks).sum() == sum(jax.tree.leaves(case.counts))
