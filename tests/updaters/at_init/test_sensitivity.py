"""Iterative SNIP and FORCE against loops in NumPy, and OBD's diagonals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_nets as nets
from plain_numpy import top

from jaxsparse.core import curvature, gradients
from jaxsparse.core.types import Probe
from jaxsparse.updaters.force import force
from jaxsparse.updaters.iterative_snip import iterative_snip
from jaxsparse.updaters.obd import obd
from jaxsparse.updaters.snip import snip

SIZES = (12, 10, 8, 4)
SIZE = 12 * 10 + 10 * 8 + 8 * 4
PARAMS = nets.glorot(SIZES, 0)
COUNTS = nets.counts(PARAMS, 40)
PROBE = nets.probe(SIZES, 0)


def unflat(vector):
  return jax.flatten_util.ravel_pytree(PARAMS)[1](jnp.asarray(vector))


GRADIENT = jax.jit(jax.grad(nets.loss))


def grads_at(vector, batches):
  each = [nets.flat(GRADIENT(unflat(vector), b)) for b in batches]
  return np.mean(each, axis=0)


def masks_of(updater, probe=PROBE):
  state = updater.init(PARAMS, key=jax.random.key(0), probe=probe)
  return nets.flat(state.masks)


def by_hand(rounds, batches, *, regrow, per_round=None):
  """The rounds one by one; batches are of one size."""
  weights = nets.flat(PARAMS)
  mask = np.ones(SIZE, bool)
  for i in range(1, rounds + 1):
    now = batches
    if per_round:
      begin = (i - 1) * per_round
      now = [batches[(begin + j) % len(batches)] for j in range(per_round)]
    grads = grads_at(np.where(mask, weights, 0).astype(np.float32), now)
    scores = np.abs(weights * grads)
    scores = scores if regrow else np.where(mask, scores, -1)
    mask = top(scores, round(SIZE * (40 / SIZE) ** (i / rounds)))
  return mask


@pytest.mark.parametrize('rounds', [1, 7])
@pytest.mark.parametrize('method', [iterative_snip, force])
def test_rounds_are_those_by_hand(method, rounds):
  expected = by_hand(rounds, PROBE.batches, regrow=method is force)
  got = masks_of(method(COUNTS, rounds=rounds))
  np.testing.assert_array_equal(got, expected)


def test_in_force_weights_come_back_and_in_snip_they_do_not():
  """Else the two tests above would be of one method."""
  lost = masks_of(iterative_snip(COUNTS, rounds=7))
  returned = masks_of(force(COUNTS, rounds=7))
  assert (lost != returned).any()


def test_a_round_can_have_batches_of_its_own():
  inputs, labels = PROBE.batches[0]
  batches = [(inputs[i::5], labels[i::5]) for i in range(5)]
  probe = PROBE._replace(batches=batches)
  updater = force(COUNTS, rounds=4, batches_per_round=2)
  expected = by_hand(4, batches, regrow=True, per_round=2)
  np.testing.assert_array_equal(masks_of(updater, probe), expected)
  assert (by_hand(4, batches, regrow=True) != expected).any()


def test_one_round_is_snip_on_the_same_batch():
  updater = snip(COUNTS, global_ranking=True)
  state = updater.init(PARAMS, key=jax.random.key(0))
  grads = jax.grad(nets.loss)(PARAMS, PROBE.batches[0])
  _, state = updater.update(grads, state, PARAMS, step=0, key=jax.random.key(0))
  np.testing.assert_array_equal(
    masks_of(iterative_snip(COUNTS, rounds=1)), nets.flat(state.masks)
  )


def test_sensitivity_is_the_derivative_by_a_factor_of_each_weight():
  at = gradients.objective(PROBE, PARAMS, COUNTS)
  got = np.abs(nets.flat(PARAMS) * nets.flat(gradients.gradient(at)))
  factors = jax.tree.map(jnp.ones_like, PARAMS)

  def of(factors):
    return nets.loss(
      jax.tree.map(jnp.multiply, PARAMS, factors), PROBE.batches[0]
    )

  expected = np.abs(nets.flat(jax.grad(of)(factors)))
  np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-9)


def test_the_fisher_diagonal_is_the_mean_of_squares_one_by_one():
  inputs, labels = PROBE.batches[0]
  batches = [(inputs[:30], labels[:30]), (inputs[30:], labels[30:])]
  at = gradients.objective(Probe(nets.loss, batches), PARAMS, COUNTS)
  squares = [
    nets.flat(GRADIENT(PARAMS, (inputs[i, None], labels[i, None]))) ** 2
    for i in range(len(labels))
  ]
  np.testing.assert_allclose(
    nets.flat(curvature.fisher_diagonal(at)),
    np.mean(squares, axis=0),
    rtol=1e-4,
    atol=1e-10,
  )


def explicit_diagonal():
  vector, unravel = jax.flatten_util.ravel_pytree(PARAMS)
  hessian = jax.hessian(lambda v: nets.loss(unravel(v), PROBE.batches[0]))
  return np.asarray(hessian(vector))


def test_the_hessian_diagonal_is_an_unbiased_estimate_of_the_explicit_one():
  """Within five standard deviations, which the explicit Hessian gives."""
  at = gradients.objective(PROBE, PARAMS, COUNTS)
  samples = 400
  got = nets.flat(
    curvature.hessian_diagonal(at, key=jax.random.key(0), samples=samples)
  )
  hessian = explicit_diagonal()
  diagonal = np.diag(hessian)
  rest = np.sum(hessian**2, axis=1) - diagonal**2
  deviation = np.sqrt(rest / samples)
  assert (np.abs(got - diagonal) <= 5 * deviation + 1e-6).all()
  assert np.corrcoef(got, diagonal)[0, 1] > 0.9


def test_of_a_loss_without_mixed_terms_one_product_is_exact():
  curve = jnp.linspace(-1, 3, 12)

  def loss(params, batch):
    return 0.5 * jnp.sum(curve * params['w'] ** 2) * batch[0]

  params = {'w': jnp.ones(12)}
  at = gradients.objective(Probe(loss, [jnp.ones(1)]), params, {'w': 3})
  got = curvature.hessian_diagonal(at, key=jax.random.key(0), samples=1)
  np.testing.assert_allclose(got['w'], curve, rtol=1e-6)


@pytest.mark.parametrize('rounds', [1, 4])
def test_obd_keeps_the_largest_saliency(rounds):
  weights, mask = nets.flat(PARAMS), np.ones(SIZE, bool)
  inputs, labels = PROBE.batches[0]
  for i in range(1, rounds + 1):
    params = unflat(np.where(mask, weights, 0).astype(np.float32))
    squares = jax.vmap(
      lambda x, y, p=params: jax.grad(nets.loss)(p, (x[None], y[None]))
    )(inputs, labels)
    fisher = nets.flat(jax.tree.map(lambda g: jnp.mean(g**2, axis=0), squares))
    scores = np.where(mask, weights**2 * fisher / 2, -1)
    mask = top(scores, round(SIZE * (40 / SIZE) ** (i / rounds)))
  np.testing.assert_array_equal(masks_of(obd(COUNTS, rounds=rounds)), mask)


def test_obd_by_the_hessian_differs_and_bad_arguments_are_named():
  by_hessian = masks_of(obd(COUNTS, diagonal='hessian', samples=50))
  assert by_hessian.sum() == 40
  assert (by_hessian != masks_of(obd(COUNTS))).any()
  with pytest.raises(ValueError, match="diagonal is 'hesian'.*hessian"):
    obd(COUNTS, diagonal='hesian')
  with pytest.raises(ValueError, match='samples is 0'):
    obd(COUNTS, samples=0)
