import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.data import order


@st.composite
def cases(draw):
  size = draw(st.integers(1, 30))
  start = draw(st.integers(0, 60))
  return {
    'seed_words': draw(st.lists(st.integers(0, 2**32 - 1), min_size=1)),
    'size': size,
    'batch_size': draw(st.integers(1, size)),
    'start': start,
    'stop': start + draw(st.integers(0, 40)),
  }


@given(cases())
def test_any_range_is_a_slice_of_the_whole(case):
  whole = order.batch_indices(**{**case, 'start': 0})
  part = order.batch_indices(**case)
  assert part.dtype == np.int32
  assert part.shape == (case['stop'] - case['start'], case['batch_size'])
  np.testing.assert_array_equal(part, whole[case['start'] :])


@given(cases())
def test_every_example_once_an_epoch(case):
  size = case['size']
  stop = 3 * size  # steps, so that at least three epochs go by
  flat = order.batch_indices(**{**case, 'start': 0, 'stop': stop}).ravel()
  for epoch in range(len(flat) // size):
    part = flat[epoch * size : (epoch + 1) * size]
    assert sorted(part) == list(range(size))


def test_against_one_place_at_a_time():
  seed, size, batch_size = (7, 8), 10, 4
  expected = [
    [
      order.permutation(seed, size, place // size)[place % size]
      for place in range(step * batch_size, (step + 1) * batch_size)
    ]
    for step in range(3, 20)
  ]
  got = order.batch_indices(seed, size, batch_size, 3, 20)
  np.testing.assert_array_equal(got, expected)


def test_epochs_and_seeds_differ():
  seeds = [0, 1, (0, 0), (0, 1), (1, 0), (5,), (5, 0), (5, 0, 0)]
  orders = {
    order.permutation(tuple(np.atleast_1d(seed).tolist()), 50, epoch).tobytes()
    for seed in seeds
    for epoch in range(5)
  }
  assert len(orders) == len(seeds) * 5


def test_the_order_is_fixed_for_all_time():
  # A change here changes what every resumed run sees.
  got = order.batch_indices((1, 2), 8, 4, 0, 3).tolist()
  assert got == [[0, 5, 3, 1], [2, 4, 6, 7], [3, 2, 1, 4]]


def test_a_permutation_is_uniform():
  # Each example equally often at each place: 16 cells of 1,000 expected.
  counts = np.zeros((4, 4), np.int64)
  for seed in range(4000):
    counts[np.arange(4), order.permutation((seed,), 4, 0)] += 1
  assert np.abs(counts - 1000).max() < 150  # 5.5 standard deviations


def test_a_seed_may_be_key_data():
  words = np.asarray([3, 4], np.uint32)
  np.testing.assert_array_equal(
    order.batch_indices(words, 9, 2, 0, 9),
    order.batch_indices((3, 4), 9, 2, 0, 9),
  )


def test_what_is_kept_cannot_be_changed():
  with pytest.raises(ValueError, match='read-only'):
    order.permutation((0,), 5, 0)[0] = 1


@pytest.mark.parametrize(
  ('change', 'expected'),
  [
    ({'batch_size': 11}, r'batch_size 11 is not in \[1, 10\]'),
    ({'batch_size': 0}, 'batch_size 0'),
    ({'size': 0}, 'number of examples'),
    ({'start': -1}, 'steps -1 to 5'),
    ({'stop': 2}, 'steps 3 to 2'),
    ({'seed_words': -1}, 'seed_words -1'),
    ({'seed_words': 2**32}, 'seed_words'),
    ({'seed_words': ()}, 'seed_words'),
  ],
)
def test_out_of_range(change, expected):
  good = {
    'seed_words': 0,
    'size': 10,
    'batch_size': 4,
    'start': 3,
    'stop': 5,
  }
  with pytest.raises(ValueError, match=expected):
    order.batch_indices(**{**good, **change})
