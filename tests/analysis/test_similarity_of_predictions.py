import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from jaxsparse.analysis import similarity

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(3, 40, 5))
LABELS = RNG.integers(0, 5, 40)


def probabilities(logits):
  powers = np.exp(logits)
  return powers / powers.sum(-1, keepdims=True)


def test_disagreement_counts_examples_of_different_class():
  first = np.array([[1.0, 0.0], [0.0, 1.0], [5.0, 4.0], [0.0, 0.1]])
  second = np.array([[9.0, 0.0], [1.0, 0.0], [0.0, 4.0], [0.0, 9.0]])
  assert similarity.disagreement(first, second) == 0.5
  assert similarity.disagreement(first, first) == 0


def test_kl_by_numpy():
  p, q = probabilities(LOGITS[:2])
  one, other = (
    np.mean(np.sum(a * np.log(a / b), 1)) for a, b in ((p, q), (q, p))
  )
  np.testing.assert_allclose(similarity.kl(*LOGITS[:2]), one)
  both = similarity.symmetric_kl(*LOGITS[:2])
  np.testing.assert_allclose(both, (one + other) / 2)
  np.testing.assert_allclose(
    similarity.kl(LOGITS[0], LOGITS[0] + 7), 0, atol=1e-12
  )


def test_kl_of_distributions_with_zeros():
  certain, even = np.array([[0.0, -np.inf]]), np.zeros((1, 2))
  np.testing.assert_allclose(similarity.kl(certain, even), np.log(2))
  assert similarity.kl(even, certain) == np.inf
  assert similarity.kl(certain, certain) == 0
  assert similarity.kl(np.array([[9000.0, 0.0]]), even) == pytest.approx(
    np.log(2)
  )


def test_jensen_shannon_is_the_square_of_scipys_distance():
  first, second = LOGITS[0], 30 * LOGITS[1]
  expected = jensenshannon(*map(probabilities, (first, second)), axis=1) ** 2
  found = similarity.jensen_shannon(first, second)
  np.testing.assert_allclose(found, expected.mean())
  assert similarity.jensen_shannon(second, first) == pytest.approx(found)
  assert similarity.jensen_shannon(first, first) == 0


def test_jensen_shannon_is_bounded_where_kl_is_not():
  one, other = np.array([[0.0, -np.inf]]), np.array([[-np.inf, 0.0]])
  assert similarity.kl(one, other) == np.inf
  assert similarity.jensen_shannon(one, other) == pytest.approx(np.log(2))
  assert similarity.jensen_shannon(one, one) == 0
  # Of (1, 0) and (1/2, 1/2), whose middle is (3/4, 1/4).
  half = (np.log(4 / 3) + 0.5 * np.log(2 / 3) + 0.5 * np.log(2)) / 2
  assert similarity.jensen_shannon(one, np.zeros((1, 2))) == pytest.approx(half)


def test_pairwise_measures_every_ordered_pair():
  found = similarity.pairwise(similarity.kl, LOGITS)
  assert found.shape == (3, 3)
  np.testing.assert_array_equal(np.diag(found), 0)
  assert found[0, 2] == similarity.kl(LOGITS[0], LOGITS[2])
  assert found[2, 0] == similarity.kl(LOGITS[2], LOGITS[0])


def test_an_ensemble_is_the_mean_of_probabilities():
  found = similarity.ensemble(LOGITS, LABELS)
  members = [np.mean(member.argmax(1) == LABELS) for member in LOGITS]
  mean = probabilities(LOGITS).mean(0)
  np.testing.assert_allclose(found.members, members)
  np.testing.assert_allclose(found.accuracy, np.mean(mean.argmax(1) == LABELS))
  np.testing.assert_allclose(found.gain, found.accuracy - np.mean(members))


def test_it_is_not_the_mean_of_logits():
  """One network is sure of class 1, two lean to 0: their logits would tip."""
  logits = np.array([[[0.0, 50.0]], [[5.0, 0.0]], [[5.0, 0.0]]])
  assert similarity.ensemble(logits, np.array([0])).accuracy == 1
  assert logits.mean(0).argmax() == 1


def test_an_ensemble_of_one_gains_nothing():
  assert similarity.ensemble(LOGITS[:1], LABELS).gain == 0


def test_logits_are_collected_in_order():
  inputs = RNG.normal(size=(7, 4)).astype(np.float32)
  kernel = RNG.normal(size=(4, 5)).astype(np.float32)
  found = similarity.collect_logits(
    lambda params, x: x @ params, jnp.asarray(kernel), [inputs[:5], inputs[5:]]
  )
  np.testing.assert_allclose(found, inputs @ kernel, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
  ('first', 'second', 'message'),
  [
    (np.zeros((2, 3)), np.zeros((2, 4)), 'one shape'),
    (np.zeros(3), np.zeros(3), 'one shape'),
    (np.zeros((0, 3)), np.zeros((0, 3)), 'one shape'),
    (np.zeros((2, 3)), np.full((2, 3), np.nan), 'NaN'),
  ],
)
@pytest.mark.parametrize(
  'measure', [similarity.disagreement, similarity.kl, similarity.symmetric_kl]
)
def test_logits_that_do_not_fit_are_refused(measure, first, second, message):
  with pytest.raises(ValueError, match=message):
    measure(first, second)


@pytest.mark.parametrize(
  ('logits', 'labels', 'message'),
  [
    (LOGITS, LABELS[1:], 'accepted are 40 class numbers'),
    (LOGITS, LABELS + 1, 'accepted are 40 class numbers'),
    ([], LABELS, 'one shape'),
  ],
)
def test_an_ensemble_that_does_not_fit_is_refused(logits, labels, message):
  with pytest.raises(ValueError, match=message):
    similarity.ensemble(logits, labels)
