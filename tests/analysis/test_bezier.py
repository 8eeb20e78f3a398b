"""Bezier curves by de Casteljau, and fits where the best curve is known."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.analysis import bezier, landscape
from jaxsparse.analysis.solutions import Solution

TX = bezier.adam(0.1, 150)
MASK = np.array([True, True, False])


def casteljau(points, at):
  """By repeated interpolation between neighbours."""
  while len(points) > 1:
    points = [
      (1 - at) * a + at * b for a, b in zip(points, points[1:], strict=False)
    ]
  return points[0]


@pytest.mark.parametrize('degree', [1, 2, 3, 5])
def test_a_point_is_that_of_de_casteljau(degree):
  random = np.random.default_rng(degree)
  points = random.normal(size=(degree + 1, 2, 3)).astype(np.float32)
  trees = tuple({'w': jnp.asarray(p), 'none': None} for p in points)
  for at in (0.0, 0.3, 0.5, 1.0):
    found = bezier.point(trees, at)
    expected = casteljau(list(np.float64(points)), at)
    np.testing.assert_allclose(found['w'], expected, rtol=1e-5, atol=1e-6)
    assert found['none'] is None


def ring(params, model_state, batch):
  """Low on the unit circle about each batch's mean, in the first two axes.

  The third axis is a way round it.
  """
  del model_state
  x, y, z = params['w']
  return {'loss': (x**2 + y**2 + z**2 - 1) ** 2 + jnp.mean(batch) ** 2}


def ends(height=0.0):
  return [
    Solution({'w': jnp.array([x, 0.05, height])}, {'w': jnp.asarray(MASK)})
    for x in (-1.0, 1.0)
  ]


def fit(**options):
  key, data = jax.random.key(3), jnp.zeros((8, 2))
  defaults = {'key': key, 'steps': 150, 'batch_size': 4, 'tx': TX}
  return bezier.fit(ring, *ends(), data, **defaults | options)


def climb(points):
  found = bezier.along(ring, points, *ends(), [jnp.zeros((4, 2))])
  return landscape.barrier(found.alphas, found.values['loss']).above_ends


def test_a_fit_goes_round_what_the_line_meets():
  assert climb(bezier.straight(*ends())) == pytest.approx(0.995, abs=0.01)
  for degree in (2, 3):
    curve = fit(degree=degree)
    assert len(curve.points) == degree + 1
    assert climb(curve.points) < 0.25
    first, *_, last = curve.losses.reshape(5, -1).mean(axis=1)
    assert last < 0.3 * first


def test_a_curve_stays_in_the_space_it_is_given():
  shut = {'w': jnp.array([True, False, False])}
  curve = fit(space=shut, tx=optax.adamw(0.05, weight_decay=0.1))
  assert curve.points[1]['w'][1:].tolist() == [0, 0]
  assert climb(curve.points) > 0.9
  union = fit(space={'w': jnp.asarray(MASK)})
  assert union.points[1]['w'][2] == 0
  assert climb(union.points) < 0.25


def test_masked_entries_of_the_ends_count_as_zero():
  points = bezier.straight(*ends(height=7.0))
  assert [p['w'][2] for p in points] == [0, 0]


def test_the_same_key_gives_the_same_curve():
  once, again = fit(), fit()
  np.testing.assert_array_equal(once.points[1]['w'], again.points[1]['w'])
  other = fit(key=jax.random.key(4))
  assert np.any(once.losses != other.losses)


def test_model_states_are_those_between_the_ends():
  def measure(params, model_state, batch):
    del params, batch
    return {'loss': model_state['mean']}

  start, end = (
    Solution({'w': jnp.zeros(2)}, None, {'mean': jnp.float32(m)})
    for m in (1.0, 3.0)
  )
  found = bezier.along(
    measure,
    bezier.straight(start, end),
    *(start, end, [jnp.zeros(1)]),
    alphas=(0.0, 0.25, 1.0),
  )
  np.testing.assert_allclose(found.values['loss'], [1.0, 1.5, 3.0])


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    ({'degree': 1}, 'degree is 1; accepted is 2'),
    ({'steps': 0}, 'steps is 0'),
    ({'batch_size': 0}, 'batch_size is 0'),
    ({'space': {'w': jnp.ones(2, bool)}}, 'shape'),
  ],
)
def test_what_cannot_be_fitted_is_refused(options, message):
  with pytest.raises(ValueError, match=message):
    fit(**options)


def test_solutions_of_different_models_are_refused():
  other = Solution({'w': jnp.zeros(4)})
  with pytest.raises(ValueError, match='solutions of one model'):
    bezier.straight(ends()[0], other)
