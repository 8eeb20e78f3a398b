import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import hessian, lanczos

N = 120
RNG = np.random.default_rng(0)
EIGENVALUES = np.sort(
  np.concatenate([[-3.0, -1.5, 20.0, 30.0], RNG.normal(0.5, 0.2, N - 4)])
)
BASIS = np.linalg.qr(RNG.normal(size=(N, N)))[0]
MATRIX = jnp.asarray((BASIS * EIGENVALUES) @ BASIS.T, jnp.float32)
PARAMS = {'w': jnp.ones(N), 'masked': jnp.ones(4)}
MASKS = {'w': None, 'masked': jnp.zeros(4, bool)}


def loss(params, batch):
  return (
    0.5 * params['w'] @ batch[0] @ params['w'] + params['masked'].sum() ** 2
  )


def quadrature(**kwargs):
  return lanczos.quadrature(
    loss, PARAMS, MASKS, [MATRIX[None]], **{'key': jax.random.key(0)} | kwargs
  )


@pytest.fixture(scope='module')
def found():
  return quadrature(num_probes=30, num_steps=40)


def test_weights_are_probabilities_and_end_nodes_are_eigenvalues(found):
  assert found.nodes.shape == found.weights.shape == (30, 40)
  assert found.size == N
  assert (found.weights >= 0).all()
  np.testing.assert_allclose(found.weights.sum(1), 1, rtol=1e-10)
  np.testing.assert_allclose(found.nodes[:, 0], -3, rtol=1e-5)
  np.testing.assert_allclose(found.nodes[:, -1], 30, rtol=1e-5)


def test_the_rule_of_a_probe_has_the_moments_of_that_probe():
  found = quadrature(num_probes=1, num_steps=5)
  heads = jax.random.bernoulli(jax.random.key(0), np.float32(0.5), (1, N))
  probe = 2 * np.asarray(heads[0], int) - 1
  share = (BASIS.T @ (probe / np.sqrt(N))) ** 2
  for power in range(10):  # 2m - 1 moments of m steps
    np.testing.assert_allclose(
      (found.weights * found.nodes**power).sum(),
      (share * EIGENVALUES**power).sum(),
      rtol=1e-5,
    )


def test_the_density_is_that_of_the_exact_spectrum(found):
  points = np.linspace(-6, 35, 4000)
  exact = lanczos.Quadrature(EIGENVALUES[None], np.ones((1, N)) / N, N)
  expected = lanczos.density(exact, points, width=0.3)
  estimate = lanczos.density(found, points, width=0.3)
  step = points[1] - points[0]
  np.testing.assert_allclose(expected.sum() * step, 1, rtol=1e-3)
  np.testing.assert_allclose(estimate.sum() * step, 1, rtol=1e-3)
  assert np.abs(estimate - expected).sum() * step < 0.05


def test_a_density_of_two_values_by_hand():
  two = lanczos.Quadrature(np.array([[0.0, 2.0]]), np.array([[0.25, 0.75]]), 2)
  found = lanczos.density(two, np.array([0.0, 2.0]), width=0.1)
  peak = 1 / (0.1 * np.sqrt(2 * np.pi))
  np.testing.assert_allclose(found, [0.25 * peak, 0.75 * peak])


def test_negative_estimates_the_exact_count_and_sum(found):
  below = -1.0
  exact = hessian.negative(EIGENVALUES, below=below)
  estimate = lanczos.negative(found, below=below)
  assert exact == (2, -4.5)
  np.testing.assert_allclose(estimate, exact, rtol=0.4)


def test_as_many_steps_as_weights_are_exact_and_more_are_not_taken():
  curvature = jnp.array([-2.0, 1.0, 5.0])
  found = lanczos.quadrature(
    lambda p, c: 0.5 * jnp.sum(c * p['w'] ** 2),
    {'w': jnp.ones(3)},
    {'w': None},
    [curvature],
    key=jax.random.key(0),
    num_probes=2,
    num_steps=9,
  )
  np.testing.assert_allclose(found.nodes, [[-2, 1, 5]] * 2, atol=1e-5)
  np.testing.assert_allclose(found.weights, 1 / 3, rtol=1e-4)


def test_an_invariant_subspace_ends_a_probe():
  found = lanczos.quadrature(
    lambda p, _: 1.5 * jnp.sum(p['w'] ** 2),
    {'w': jnp.ones(6)},
    {'w': None},
    [None],
    key=jax.random.key(0),
    num_probes=1,
    num_steps=3,
  )
  np.testing.assert_allclose(found.nodes, [[3, 3, 3]], rtol=1e-6)
  np.testing.assert_allclose(found.weights, [[1, 0, 0]], atol=1e-6)


def test_another_key_is_another_probe():
  one, again, other = (
    quadrature(num_probes=1, num_steps=3, key=jax.random.key(k))
    for k in (0, 0, 1)
  )
  np.testing.assert_array_equal(one.nodes, again.nodes)
  assert (one.nodes != other.nodes).all()


def test_extremes_are_the_eigenvalues_at_both_ends():
  found = lanczos.extremes(
    loss, PARAMS, MASKS, [MATRIX[None]], key=jax.random.key(0), num=2
  )
  np.testing.assert_allclose(found.lowest, [-3, -1.5], rtol=1e-4)
  np.testing.assert_allclose(found.highest, [20, 30], rtol=1e-4)


@pytest.mark.parametrize(
  ('options', 'message'),
  [({'num_probes': 0}, 'num_probes is 0'), ({'num_steps': 0}, 'num_steps')],
)
def test_numbers_below_one_are_refused(options, message):
  with pytest.raises(ValueError, match=message):
    quadrature(**options)


@pytest.mark.parametrize('num', [0, 60])
def test_as_many_extremes_as_weights_are_refused(num):
  with pytest.raises(ValueError, match=f'num is {num}'):
    lanczos.extremes(
      loss, PARAMS, MASKS, [MATRIX[None]], key=jax.random.key(0), num=num
    )


def test_other_refusals(found):
  with pytest.raises(ValueError, match='width is 0'):
    lanczos.density(found, np.zeros(1), width=0)
  with pytest.raises(ValueError, match='below is 1'):
    lanczos.negative(found, below=1)
  with pytest.raises(ValueError, match='not finite'):
    lanczos.quadrature(
      lambda p, _: jnp.sum(jnp.sqrt(p['w'])),
      {'w': jnp.zeros(3)},
      {'w': None},
      [None],
      key=jax.random.key(0),
    )
