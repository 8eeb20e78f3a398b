"""Mask steps, drop fractions and the cubic ramp."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.core import schedules


@pytest.fixture(autouse=True)
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def _steps(total, **plan):
  return [t for t in range(total) if schedules.is_mask_step(t, **plan)]


def test_mask_steps_by_hand():
  plan = {'update_interval': 3, 'start_step': 2, 'stop_step': 11}
  assert _steps(20, **plan) == [2, 5, 8]
  assert schedules.last_mask_step(**plan) == 8


@pytest.mark.parametrize(
  ('interval', 'stop', 'updates'),
  [(100, 25_000, 250), (100, 75_000, 750), (100, 65_918, 660), (7, 0, 0)],
)
def test_number_of_updates(interval, stop, updates):
  plan = {'update_interval': interval, 'start_step': 0, 'stop_step': stop}
  assert len(_steps(80_000, **plan)) == updates


@given(st.integers(1, 9), st.integers(0, 12), st.integers(0, 40))
def test_last_mask_step_is_the_last(interval, start, length):
  plan = {
    'update_interval': interval,
    'start_step': start,
    'stop_step': start + length,
  }
  steps = _steps(80, **plan)
  assert schedules.last_mask_step(**plan) == (steps[-1] if steps else start)


@given(st.integers(1, 9), st.integers(0, 12), st.integers(0, 40))
def test_mask_window_leaves_a_method_its_own_mask_steps(
  interval, start, length
):
  stop = start + length
  steps = _steps(80, update_interval=interval, start_step=start, stop_step=stop)
  for taken, expected in (
    ('all', steps),
    ('first', steps[:1]),
    ('none', []),
  ):
    first, end = schedules.mask_window(taken, start, stop)
    plan = {'start_step': first, 'stop_step': end}
    assert _steps(80, update_interval=interval, **plan) == expected


def test_mask_window_refuses_what_it_does_not_know():
  with pytest.raises(ValueError, match="'once'; accepted are all, first"):
    schedules.mask_window('once', 0, 9)


def test_mask_step_may_be_traced():
  plan = {'update_interval': 3, 'start_step': 2, 'stop_step': 11}
  found = jax.jit(jax.vmap(lambda t: schedules.is_mask_step(t, **plan)))(
    jnp.arange(20)
  )
  assert np.flatnonzero(found).tolist() == [2, 5, 8]


def test_progress_is_clipped_and_traced():
  steps = jnp.arange(8)
  found = jax.vmap(lambda t: schedules.progress(t, 2, 6))(steps)
  np.testing.assert_array_equal(found, [0, 0, 0, 0.25, 0.5, 0.75, 1, 1])
  assert float(schedules.progress(4, 2, 6)) == 0.5
  assert found.dtype == jnp.float32


def test_cosine_is_exact_at_both_ends_and_half_way():
  assert schedules.cosine(jnp.array([0.0, 0.5, 1.0])).tolist() == [1, 0.5, 0]


def test_progress_over_no_steps_is_at_its_end():
  found = [float(schedules.progress(t, 3, 3)) for t in (2, 3, 4)]
  assert found == [0, 1, 1]


def test_cosine_at_the_published_points():
  points = jnp.array([0, 0.25, 0.5, 0.75, 0.9])
  np.testing.assert_allclose(
    0.3 * schedules.cosine(points),
    [0.3, 0.2561, 0.15, 0.0439, 0.0073],
    atol=5e-5,
  )
  updates = 0.3 * schedules.cosine(jnp.arange(250) / 250)
  assert float(updates.sum()) == pytest.approx(37.65, abs=5e-3)


@pytest.mark.parametrize(
  ('name', 'values'),
  [
    ('cosine', [1, 0.5, 0]),
    ('constant', [1, 1, 1]),
    ('linear', [1, 0.5, 0]),
    ('inverse_power', [1, 0.125, 0]),
  ],
)
def test_decays(name, values):
  decay = schedules.decay(name)
  np.testing.assert_allclose(decay(jnp.array([0, 0.5, 1])), values, atol=1e-7)
  fine = np.asarray(decay(jnp.linspace(0, 1, 1001)))
  assert (np.diff(fine) <= 0).all()


def test_decay_takes_a_function_and_names_the_nearest():
  own = lambda p: p  # noqa: E731
  assert schedules.decay(own) is own
  with pytest.raises(ValueError, match="'cosin'; .* mean 'cosine'"):
    schedules.decay('cosin')


def _exact_zeros(zeros, done, intervals):
  left = Fraction(intervals - min(max(done, 0), intervals), max(intervals, 1))
  return math.floor(zeros * (1 - left**3))


_ramp = jax.jit(schedules.cubic_zeros, static_argnums=2)


@pytest.mark.parametrize('intervals', [0, 1, 2, 7, 250, 4_999, 65_535])
def test_cubic_zeros_equal_exact_arithmetic(intervals):
  random = np.random.default_rng(intervals)
  zeros = np.concatenate(
    [[0, 1, 100, 25_502_912, 2**31 - 1], random.integers(2**31, size=200)]
  ).astype(np.int32)
  done = random.integers(-1, intervals + 2, size=zeros.size, dtype=np.int32)
  found = jax.vmap(lambda z, d: schedules.cubic_zeros(z, d, intervals))(
    zeros, done
  )
  expected = [
    _exact_zeros(int(z), int(d), intervals)
    for z, d in zip(zeros, done, strict=True)
  ]
  assert found.dtype == jnp.int32
  np.testing.assert_array_equal(found, expected)


@given(st.integers(0, 2**31 - 1), st.data())
def test_cubic_zeros_never_fall_and_end_exactly(zeros, data):
  done = data.draw(st.integers(0, 24))
  now, later = int(_ramp(zeros, done, 25)), int(_ramp(zeros, done + 1, 25))
  assert 0 <= now <= later <= zeros
  assert int(_ramp(zeros, 25, 25)) == zeros


def test_cubic_zeros_takes_host_integers():
  assert int(schedules.cubic_zeros(100, 1, 2)) == 87


def test_the_published_ramp_and_decay_of_lenet5_on_mnist():
  """Evci et al. 2022: 95 % over steps 3000 to 7000; RigL over 11,719."""
  weights = 44_000
  zeros = [
    int(_ramp(41_800, (t - 3000) // 100, 40)) for t in (3000, 5000, 7000)
  ]
  assert [z / weights for z in zeros] == [0, 0.83125, 0.95]
  done = schedules.progress(jnp.array([0, 5860, 11_719]), 0, 11_719)
  np.testing.assert_allclose(
    0.3 * schedules.cosine(done), [0.3, 0.15, 0], atol=3e-5
  )
