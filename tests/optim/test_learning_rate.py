import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.optim import learning_rate

STEPS = 100


def shape(schedule='constant', warmup=0, boundaries=(), scales=()):
  return learning_rate.shape(
    STEPS,
    schedule,
    warmup_steps=warmup,
    boundaries=boundaries,
    scales=scales,
  )


def values(**kwargs):
  return np.asarray(jax.vmap(shape(**kwargs))(jnp.arange(STEPS)))


def test_constant():
  np.testing.assert_array_equal(values(), np.ones(STEPS))


def test_cosine_goes_from_1_to_0_over_the_run():
  t = np.arange(STEPS)
  expected = (1 + np.cos(np.pi * t / STEPS)) / 2
  found = values(schedule='cosine')
  np.testing.assert_allclose(found, expected, atol=1e-6)
  assert found[0] == 1
  np.testing.assert_allclose(found[50], 0.5, atol=1e-6)


def test_warm_up_is_a_ramp_that_ends_at_its_last_step():
  found = values(warmup=4)
  np.testing.assert_allclose(found[:6], [0.25, 0.5, 0.75, 1, 1, 1])


def test_warm_up_multiplies_the_schedule():
  np.testing.assert_allclose(
    values(schedule='cosine', warmup=10),
    values(warmup=10) * values(schedule='cosine'),
    rtol=1e-6,
  )


def test_pieces_begin_at_their_boundaries():
  found = values(
    schedule='piecewise', boundaries=(0.3, 0.57, 0.9), scales=(0.1, 2.0, 0.0)
  )
  expected = np.repeat([1, 0.1, 2, 0], [30, 27, 33, 10])
  np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_of_boundaries_in_one_step_the_last_holds():
  found = values(
    schedule='piecewise', boundaries=(0.5, 0.501), scales=(0.1, 0.3)
  )
  np.testing.assert_allclose(found[49:51], [1, 0.3], rtol=1e-6)


@pytest.mark.parametrize(
  ('boundaries', 'scales'),
  [
    ((0.5,), ()),
    ((0.5, 0.2), (0.1, 0.1)),
    ((-0.1,), (0.1,)),
    ((1.5,), (0.1,)),
    ((0.5,), (-0.1,)),
    ((0.5,), (math.inf,)),
    ((math.nan,), (1.0,)),
    ((0.5,), ('a',)),
    (('0.5',), (0.1,)),
  ],
)
def test_what_makes_no_schedule_is_refused(boundaries, scales):
  with pytest.raises(ValueError, match='config.optimizer: got schedule'):
    shape('piecewise', boundaries=boundaries, scales=scales)


@pytest.mark.parametrize('schedule', ['constant', 'cosine'])
def test_pieces_are_for_piecewise_only(schedule):
  with pytest.raises(ValueError, match='with piecewise only'):
    shape(schedule, boundaries=(0.5,), scales=(0.1,))


@pytest.mark.parametrize(
  ('fraction', 'whole', 'expected'),
  [
    (0.29, 100, 29),
    (0.57, 100, 57),
    (0.75, 1500, 1125),
    (1e-3, 999, 0),
    (60_000 / 97_656, 97_656, 60_000),
    (60_000 / 97_656, 5 * 97_656, 300_000),
    (1 / 3, 300, 100),
  ],
)
def test_shares_are_of_the_number_as_meant(fraction, whole, expected):
  assert learning_rate.share(fraction, whole) == expected


@pytest.mark.parametrize(
  'kwargs',
  [
    {'schedule': 'cosine', 'warmup': 7},
    {'schedule': 'piecewise', 'boundaries': (0.3,), 'scales': (0.1,)},
  ],
)
def test_rates_are_the_same_under_x64(kwargs):
  steps = np.arange(STEPS, dtype=np.int32)
  expected = jax.vmap(shape(**kwargs))(steps)
  with jax.enable_x64(True):
    rates = jax.vmap(shape(**kwargs))(steps)
  assert rates.dtype == np.float32
  np.testing.assert_array_equal(rates, expected)


@pytest.mark.parametrize(
  ('schedule', 'arguments', 'expected'),
  [
    ('linear', {}, [1, 0.75, 0.5, 0.25]),
    ('linear', {'end': 0.2}, [1, 0.8, 0.6, 0.4]),
    ('exponential', {'end': 0.0001}, [1, 0.1, 0.01, 0.001]),
    (
      'one_cycle',
      {'peak': 0.5},
      [0.04, 0.52, 1, (1 + 0.04e-4) / 2],
    ),
    ('polynomial_schedule', {'power': 2}, [1, 0.5625, 0.25, 0.0625]),
    ('optax.linear_schedule', {}, [1, 0.75, 0.5, 0.25]),
    (
      'warmup_constant_schedule',
      {'warmup_steps': 50, 'peak_value': 2.0},
      [0, 1, 2, 2],
    ),
    (
      'piecewise_constant_schedule',
      {'boundaries_and_scales': {40: 0.1}},
      [1, 1, 0.1, 0.1],
    ),
  ],
)
def test_schedules_by_name_take_their_own_arguments(
  schedule, arguments, expected
):
  at = learning_rate.shape(STEPS, schedule, arguments=arguments)
  found = [float(at(step)) for step in (0, 25, 50, 75)]
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def falling(num_steps, *, by=1.0):
  """A schedule of a user's own."""
  return lambda step: 1 - by * step / num_steps


def test_a_schedule_of_the_users_own_takes_its_own_arguments():
  at = learning_rate.shape(STEPS, falling, arguments={'by': 0.5})
  assert float(at(50)) == 0.75


@pytest.mark.parametrize(
  ('schedule', 'arguments', 'message'),
  [
    ('cosin', {}, "cosine, exp.*polynomial_sch.*dotted.*mean 'cosine'"),
    ('linear', {'ned': 1}, "'ned'; accepted are end"),
    ('polynomial_schedule', {}, "'power'; accepted are init_value, end_value"),
    ('constant', {'value': 1}, "'value'; accepted are none"),
  ],
)
def test_other_names_are_refused_with_those_that_are_accepted(
  schedule, arguments, message
):
  with pytest.raises(ValueError, match=message):
    learning_rate.shape(STEPS, schedule, arguments=arguments)
