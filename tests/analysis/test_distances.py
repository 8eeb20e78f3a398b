import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import distances
from jaxsparse.analysis.solutions import Solution

RNG = np.random.default_rng(0)
KERNELS = RNG.normal(size=(4, 5, 3)).astype(np.float32)
BIASES = RNG.normal(size=(4, 3)).astype(np.float32)
MASKS = RNG.random((4, 5, 3)) < 0.6


def solutions():
  return [
    Solution({'b': jnp.asarray(b), 'k': jnp.asarray(k)}, {'b': None, 'k': m})
    for b, k, m in zip(BIASES, KERNELS, jnp.asarray(MASKS), strict=True)
  ]


def vectors(i, j, *, shared):
  """Both solutions as flat float64 vectors, 0 where they are not compared."""
  masks = [MASKS[i], MASKS[j]]
  if shared:
    masks = [masks[0] & masks[1]] * 2
  return [
    np.concatenate(
      [np.float64(BIASES[s]), (np.float64(KERNELS[s]) * m).ravel()]
    )
    for s, m in zip((i, j), masks, strict=True)
  ]


@pytest.mark.parametrize('shared', [False, True])
def test_all_pairs_by_numpy(shared):
  found = distances.pairwise(solutions(), shared=shared)
  for i in range(4):
    for j in range(4):
      x, y = vectors(i, j, shared=shared)
      cosine = x @ y / (np.linalg.norm(x) * np.linalg.norm(y))
      np.testing.assert_allclose(found.l2[i, j], np.linalg.norm(x - y))
      np.testing.assert_allclose(found.cosine[i, j], cosine)
      angle = 2 / np.pi * np.arccos(min(cosine, 1))
      np.testing.assert_allclose(found.angle[i, j], angle, atol=1e-7)


def test_without_leaves_that_have_no_mask():
  found = distances.pairwise(solutions(), shared=True, exempt=False)
  for i, j in np.ndindex(4, 4):
    common = MASKS[i] & MASKS[j]
    x, y = (np.float64(KERNELS[s])[common] for s in (i, j))
    np.testing.assert_allclose(found.l2[i, j], np.linalg.norm(x - y))
    cosine = x @ y / (np.linalg.norm(x) * np.linalg.norm(y))
    np.testing.assert_allclose(found.cosine[i, j], cosine)
  dense = [Solution({'w': jnp.ones(2)})]
  with pytest.raises(ValueError, match='no leaf has a mask'):
    distances.pairwise(dense, exempt=False)


def test_angles_of_a_lenet_with_itself_and_with_an_independent_one():
  nets = [
    Solution(
      {
        f'w{i}': jnp.asarray(RNG.normal(size=shape), jnp.float32)
        for i, shape in enumerate([(784, 300), (300, 100), (100, 10)])
      }
    )
    for _ in range(2)
  ]
  angle = distances.pairwise(nets).angle
  assert angle[0, 0] == angle[1, 1] == 0
  assert angle[0, 1] == pytest.approx(1, abs=0.01)


def test_opposite_directions_and_dense_solutions():
  first, second = (Solution({'w': jnp.array([s, 2 * s])}) for s in (1.0, -3.0))
  found = distances.pairwise([first, second])
  np.testing.assert_allclose(found.cosine, [[1, -1], [-1, 1]])
  np.testing.assert_allclose(found.angle, [[0, 2], [2, 0]], atol=1e-7)


def test_near_solutions_keep_their_distance():
  far = np.float32(1e4)
  near = np.nextafter(far, np.float32(2e4))
  both = [Solution({'w': jnp.full(3, w)}) for w in (far, near)]
  expected = np.sqrt(3) * (float(near) - float(far))
  np.testing.assert_allclose(distances.pairwise(both).l2[0, 1], expected)


def test_a_zero_vector_has_no_direction():
  both = [Solution({'w': jnp.ones(2) * w}) for w in (0.0, 1.0)]
  found = distances.pairwise(both)
  assert np.isnan(found.cosine[0, 1])
  np.testing.assert_allclose(found.l2[0, 1], np.sqrt(2))


def test_what_is_no_set_of_solutions_is_refused():
  with pytest.raises(ValueError, match='solutions: none'):
    distances.pairwise([])
  pair = [Solution({'w': jnp.ones(n)}) for n in (2, 3)]
  with pytest.raises(ValueError, match="differ at 'w'"):
    distances.pairwise(pair)
  with pytest.raises(ValueError, match="mask 'w' has shape"):
    distances.pairwise([Solution({'w': jnp.ones(2)}, {'w': jnp.ones(3, bool)})])


def l2_of(points):
  return np.linalg.norm(points[:, None] - points[None], axis=-1)


def test_a_plane_is_recovered_up_to_rotation_and_reflection():
  points = RNG.normal(size=(12, 2)) * [3, 1]
  found = distances.embed(l2_of(points), seed=0)
  centred = points - points.mean(0)
  left, _, right = np.linalg.svd(found.points.T @ centred)
  np.testing.assert_allclose(found.points @ left @ right, centred, atol=1e-3)
  assert found.stress < 1e-4


def test_the_stress_is_kruskals_and_less_than_that_of_a_projection():
  points = RNG.normal(size=(9, 6))
  l2 = l2_of(points)
  found = distances.embed(l2, seed=0)
  np.testing.assert_allclose(found.points.mean(0), 0, atol=1e-12)
  np.testing.assert_allclose(found.stress, stress(found.points, l2), rtol=1e-3)
  u, s, _ = np.linalg.svd(points - points.mean(0))
  assert 0.01 < found.stress < stress(u[:, :2] * s[:2], l2)


def stress(points, l2):
  mapped = l2_of(points)
  return np.sqrt(np.sum((mapped - l2) ** 2) / np.sum(mapped**2))


def test_a_map_is_a_function_of_its_seed():
  l2 = l2_of(RNG.normal(size=(9, 6)))
  first, again = (distances.embed(l2, seed=3) for _ in range(2))
  np.testing.assert_array_equal(first.points, again.points)


@pytest.mark.parametrize(
  'l2',
  [
    np.zeros((1, 1)),
    np.zeros(3),
    np.zeros((2, 3)),
    np.ones((2, 2)),
    np.array([[0.0, 1.0], [2.0, 0.0]]),
    np.array([[0.0, np.nan], [np.nan, 0.0]]),
  ],
)
def test_what_is_no_matrix_of_distances_is_refused(l2):
  with pytest.raises(ValueError, match='distances of shape'):
    distances.embed(l2, seed=0)
