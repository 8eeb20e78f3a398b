"""Distances between solutions in weight space, and maps of them.

Masked entries count as 0 and exempt leaves as they are. Evci et al. 2022 map
L2 distances, "Gradient Flow in Sparse Neural Networks and How Lottery Tickets
Win"; angles are those of Maene, Li and Moens 2021 (arXiv 2106.06955).

On a model of your own:

>>> import jax.numpy as jnp, numpy as np
>>> from jaxsparse.analysis import distances
>>> from jaxsparse.analysis.solutions import Solution
>>> first = Solution({'w': jnp.array([3.0, 0.0]), 'b': jnp.zeros(1)})
>>> masks = {'w': jnp.array([False, True]), 'b': None}
>>> second = Solution({'w': jnp.array([9.0, 4.0]), 'b': jnp.zeros(1)}, masks)
>>> found = distances.pairwise([first, second])
>>> found.l2
array([[0., 5.],
       [5., 0.]])
>>> float(found.angle[0, 1])
1.0
>>> distances.embed(found.l2, seed=0).points.shape
(2, 2)
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxsparse.analysis.solutions import (
  Solution,
  active_entries,
  check_alike,
  masked_params,
)
from jaxsparse.core import paths
from jaxsparse.core.types import Path


class Distances(NamedTuple):
  """Distances between each two of m solutions; symmetric, float64 [m, m].

  Attributes:
    l2: >= 0.
    cosine: in [-1, 1]; NaN where one of the two is all zeros.
    angle: 2/pi arccos(cosine), in [0, 2]: 0 for one direction, about 1 for
      unrelated solutions.
  """

  l2: np.ndarray
  cosine: np.ndarray
  angle: np.ndarray


class Embedding(NamedTuple):
  """A map of distances.

  Attributes:
    points: [m, dims], centred; meaningful up to rotation and reflection.
    stress: Stress-1 of Kruskal 1964: the root of the summed squared errors of
      distance over the summed squared distances of the map. 0 is a perfect
      map, 0.05 a good one, 0.2 a poor one.
  """

  points: np.ndarray
  stress: float


def pairwise(
  solutions: Sequence[Solution], *, shared: bool = False, exempt: bool = True
) -> Distances:
  """Measures distances between each two solutions over active weights.

  Args:
    solutions: m solutions of one model.
    shared: compare two solutions on the weights active in both, as Maene et
      al. do; otherwise on those active in either, 0 where one has none.
    exempt: also compare leaves of which no solution has a mask, as biases and
      the scales of BatchNorm; these start at 1 in every net, and so make
      unrelated sparse nets look alike.

  Raises:
    ValueError: no solutions, masks that do not fit, solutions of different
      models, with the leaf where they differ, or nothing to compare.
  """
  if not solutions:
    raise ValueError('solutions: none; accepted is one or more')
  for other in solutions[1:]:
    check_alike(solutions[0], other)
  leaves = [paths.flatten(jax.device_get(masked_params(s))) for s in solutions]
  active = [active_entries(s) for s in solutions]
  compared = leaves[0] if exempt else _masked(solutions)
  sums = np.zeros((4, len(solutions), len(solutions)))
  for path in compared:
    values = np.stack([s[path].reshape(-1) for s in leaves])
    counted = np.stack([s[path].reshape(-1) for s in active])
    sums += _sums(values.astype(np.float64), counted | (not shared))
  dot, first, second, square = sums
  with np.errstate(invalid='ignore'):
    cosine = np.clip(dot / np.sqrt(first * second), -1, 1)
  return Distances(np.sqrt(square), cosine, 2 / np.pi * np.arccos(cosine))


def embed(
  l2: np.ndarray, *, seed: int, dims: int = 2, num_starts: int = 8
) -> Embedding:
  """Maps distances by metric multidimensional scaling, scikit-learn's SMACOF.

  It is the best map of a start at the classical solution and `num_starts`
  random ones.

  Args:
    l2: [m, m], symmetric and 0 on the diagonal, as `pairwise` returns;
      m >= 2.
    seed: draws the random starts.
    dims: of the map.
    num_starts: random starts, >= 1.

  Raises:
    ValueError: distances that are not such a matrix.
  """
  from sklearn.manifold import MDS

  l2 = np.asarray(l2, np.float64)
  if not _are_distances(l2):
    raise ValueError(
      f'distances of shape {l2.shape}: accepted is a finite symmetric'
      ' matrix of two rows or more, with 0 on its diagonal'
    )
  fits = [
    MDS(
      dims,
      metric='precomputed',
      init=init,
      n_init=starts,
      random_state=seed,
      normalized_stress=True,
      eps=1e-9,
      max_iter=3000,
    ).fit(l2)
    for init, starts in (('classical_mds', 1), ('random', num_starts))
  ]
  best = min(fits, key=lambda fit: fit.stress_)
  return Embedding(
    best.embedding_ - best.embedding_.mean(0), float(best.stress_)
  )


def _are_distances(matrix: np.ndarray) -> bool:
  return bool(
    matrix.ndim == 2
    and matrix.shape[0] == matrix.shape[1] >= 2
    and np.isfinite(matrix).all()
    and np.allclose(matrix, matrix.T)
    and not np.diag(matrix).any()
  )


def _masked(solutions: Sequence[Solution]) -> list[Path]:
  """Returns the leaves of which a solution has a mask, in their order."""
  masked = {path for s in solutions for path in paths.flatten(s.masks)}
  if not masked:
    raise ValueError('no leaf has a mask; accepted are masks of one or more')
  return [path for path in paths.flatten(solutions[0].params) if path in masked]


def _sums(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
  """Returns x.y, x.x, y.y and |x - y|^2 of each pair in one leaf; [4, m, m].

  The difference is taken before it is squared: two near solutions would lose
  their distance in x.x + y.y - 2 x.y.
  """
  sums = np.zeros((4, len(values), len(values)))
  for i, j in np.ndindex(sums.shape[1:]):
    common = kept[i] & kept[j]
    x, y = values[i][common], values[j][common]
    sums[:, i, j] = x @ y, x @ x, y @ y, np.sum((x - y) ** 2)
  return sums
