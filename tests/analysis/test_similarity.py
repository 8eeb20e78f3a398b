import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.analysis.similarity import chance_overlap, mask_overlap


def tree(*rows):
  """Masks of two leaves and an exempt one, from rows of 0 and 1."""
  a, b = (jnp.asarray(row, bool) for row in rows)
  return {'a': {'kernel': a[None], 'bias': None}, 'b': {'kernel': b}}


def test_a_case_worked_by_hand():
  first = tree([1, 1, 0, 0], [1, 0, 1])
  second = tree([1, 0, 1, 0], [1, 0, 1])
  total, by_leaf = mask_overlap(first, second)
  assert by_leaf == {'a/kernel': 1 / 3, 'b/kernel': 1.0}
  assert total == 3 / 5


bits = st.lists(st.booleans(), min_size=7, max_size=7)


@given(bits, bits)
def test_it_is_that_of_the_sets_of_active_weights(first, second):
  masks = [tree(row[:4], row[4:]) for row in (first, second)]
  a, b = ({i for i, on in enumerate(row) if on} for row in (first, second))
  total, by_leaf = mask_overlap(*masks)
  assert total == (len(a & b) / len(a | b) if a | b else 1.0)
  assert mask_overlap(*masks[::-1]) == (total, by_leaf)
  assert mask_overlap(masks[0], masks[0])[0] == 1.0


def test_random_masks_overlap_as_chance_has_it():
  rng = np.random.default_rng(0)
  density = 0.1
  a, b = ({'w': rng.random((400, 400)) < density} for _ in range(2))
  total, _ = mask_overlap(a, b)
  assert total == pytest.approx(density / (2 - density), rel=0.1)
  assert chance_overlap(a, b)['w'] == pytest.approx(total, rel=0.1)


def test_chance_of_masks_of_other_counts_by_hand():
  """Of 2 and 3 of 4, 1.5 is expected in both, and 3.5 in either."""
  first = tree([1, 1, 0, 0], [0, 0, 0])
  second = tree([1, 1, 1, 0], [0, 0, 0])
  found = chance_overlap(first, second)
  assert found == {'a/kernel': pytest.approx(3 / 7), 'b/kernel': 1.0}


@pytest.mark.parametrize(
  ('other', 'said'),
  [
    ({'w': np.ones((2, 3), bool)}, r"'w': got the shapes \(3, 2\) and \(2, 3"),
    ({'v': np.ones((3, 2), bool)}, "'v': got the shapes None and"),
    ({'w': None}, "'w': got the shapes .* and None"),
    ({'w': np.full((3, 2), 0.5)}, "'w' has dtype float64; accepted is bool"),
    ({'w': np.full((3, 2), 2)}, "'w' has dtype int64; accepted is bool"),
  ],
)
def test_unlike_nets_are_refused(other, said):
  with pytest.raises(ValueError, match=said):
    mask_overlap({'w': np.ones((3, 2), bool)}, other)


@pytest.mark.parametrize('nothing', [None, {'w': None}])
def test_no_masks_are_refused(nothing):
  with pytest.raises(ValueError, match='got no masks'):
    mask_overlap(nothing, nothing)
