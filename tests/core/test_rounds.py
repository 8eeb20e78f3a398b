"""The arithmetic of rounds against a loop in whole numbers; exact cuts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.core import rounds

TREE = {
  'a': np.zeros((30, 7)),
  'b': np.zeros((11, 5)),
  'c': np.zeros((4, 3)),
  'bias': None,
}


def test_a_round_prunes_the_rounded_share_of_what_is_left():
  # 266,200 weights of LeNet-300-100 at 20 % a round.
  left = [rounds.after(266_200, 0.2, n) for n in range(5)]
  assert left == [266_200, 212_960, 170_368, 136_294, 109_035]
  assert rounds.after(5, 0.1) == 4  # 0.5 is rounded up.
  assert rounds.after(3, 0.0, 9) == 3


@given(
  rate=st.integers(0, 99).map(lambda hundredths: hundredths / 100),
  number=st.integers(0, 12),
)
def test_sums_of_leaves_that_are_ranked_together_are_exact(rate, number):
  counts = rounds.counts_after(TREE, rate, number)
  own = rounds.counts_after(TREE, rate, number, layers={'b': 0.0})
  assert sum(counts[k] for k in 'abc') == rounds.after(277, rate, number)
  assert own['b'] == 55
  assert counts['bias'] is None
  assert own['a'] + own['c'] == rounds.after(222, rate, number)
  by_layer = rounds.counts_after(
    TREE, rate, number, by_layer=True, layers={'c': 0.1}
  )
  assert by_layer == {
    'a': rounds.after(210, rate, number),
    'b': rounds.after(55, rate, number),
    'c': rounds.after(12, 0.1, number),
    'bias': None,
  }


def _scores(seed):
  keys = jax.random.split(jax.random.key(seed), 3)
  # Few values, so that many are equal.
  return {
    name: jax.random.randint(k, TREE[name].shape, 0, 5).astype(jnp.float32)
    for name, k in zip('abc', keys, strict=True)
  } | {'bias': None}


@pytest.mark.parametrize('by_layer', [False, True])
@pytest.mark.parametrize('apart', [(), ('b',)])
def test_cuts_keep_the_highest_and_of_equal_ones_the_first(by_layer, apart):
  masks = {k: jnp.ones(TREE[k].shape, bool) for k in 'abc'} | {'bias': None}
  layers = dict.fromkeys(apart, 0.5)
  for number in (1, 2, 3):
    scores = _scores(number)
    counts = rounds.counts_after(
      TREE, 0.3, number, by_layer=by_layer, layers=layers
    )
    new = rounds.cut(scores, masks, counts, by_layer=by_layer, apart=apart)
    assert new['bias'] is None
    groups = [['a'], ['b'], ['c']] if by_layer else [['a', 'c'], ['b']]
    if not by_layer and not apart:
      groups = [['a', 'b', 'c']]
    for group in groups:
      flat = np.concatenate([np.ravel(scores[k]) for k in group])
      active = np.concatenate([np.ravel(masks[k]) for k in group])
      order = np.argsort(np.where(active, -flat, np.inf), kind='stable')
      expected = np.zeros(flat.size, bool)
      expected[order[: sum(counts[k] for k in group)]] = True
      got = np.concatenate([np.ravel(new[k]) for k in group])
      np.testing.assert_array_equal(got, expected)
      assert not (got & ~active).any()
    masks = new


def test_masks_with_too_few_weights_are_refused():
  masks = {'a': jnp.zeros((30, 7), bool), 'bias': None}
  counts = rounds.counts_after(
    {'a': TREE['a'], 'bias': None}, 0.2, 1, by_layer=True
  )
  with pytest.raises(ValueError, match='168 weights are to stay of a, and 0'):
    rounds.cut({'a': masks['a'] * 1.0, 'bias': None}, masks, counts)
