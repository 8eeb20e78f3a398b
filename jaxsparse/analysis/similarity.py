"""How much networks have in common: their masks and their predictions.

Functions of predictions take logits, by whatever library they were computed;
`collect_logits` computes them with an apply function. Measures of weights are
in `analysis.distances`.

On a model of your own:

>>> import jax.numpy as jnp, numpy as np
>>> from jaxsparse.analysis import similarity
>>> def apply(params, inputs):
...   return inputs @ params['w']
>>> inputs, labels = [jnp.eye(2)], np.array([0, 1])
>>> both = [
...   similarity.collect_logits(apply, {'w': w}, inputs)
...   for w in (3 * jnp.eye(2), jnp.array([[1.0, 0.0], [1.0, 0.0]]))
... ]
>>> similarity.disagreement(*both)
0.5
>>> similarity.ensemble(both, labels)
Ensemble(accuracy=1.0, members=(1.0, 0.5), gain=0.25)
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.masks import check_alike_masks
from jaxsparse.core.types import Masks, Params, Path, PyTree


def mask_overlap(a: Masks, b: Masks) -> tuple[float, dict[Path, float]]:
  """Computes intersection over union of the active weights of two mask trees.

  The Jaccard index, as in Evci et al. 2022, "Gradient Flow in Sparse Neural
  Networks and How Lottery Tickets Win", where solutions are compared. For
  independent random masks with a fraction d of active weights it is
  d / (2 - d).

  Args:
    a: masks; `None` leaves are exempt.
    b: masks of the same leaves and shapes.

  Returns:
    `(total, by leaf)`: over all masked leaves together, and of each; in
    [0, 1], and 1 where no weight is active in either.

  Raises:
    ValueError: there are no masks, they are not bool, or they differ in
      leaves or shapes.
  """
  first, second = _leaves(a, b)
  common = {p: int(np.sum(first[p] & second[p])) for p in first}
  union = {p: int(np.sum(first[p] | second[p])) for p in first}
  by_leaf = {p: _share(common[p], union[p]) for p in first}
  return _share(sum(common.values()), sum(union.values())), by_leaf


def chance_overlap(a: Masks, b: Masks) -> dict[Path, float]:
  """Returns `mask_overlap` by leaf for random masks of as many weights.

  It is the expected intersection of independent masks, over the union that
  follows from it.

  Args:
    a: masks; `None` leaves are exempt.
    b: masks of the same leaves and shapes.

  Raises:
    ValueError: as for `mask_overlap`.
  """
  first, second = _leaves(a, b)
  overlaps = {}
  for path, mask in first.items():
    mine, theirs = int(np.sum(mask)), int(np.sum(second[path]))
    common = mine * theirs / max(mask.size, 1)
    overlaps[path] = _share(common, mine + theirs - common)
  return overlaps


class Ensemble(NamedTuple):
  """Accuracies in [0, 1].

  Attributes:
    accuracy: of the mean of the members' probabilities.
    members: of each member.
    gain: `accuracy` less the mean of `members`.
  """

  accuracy: float
  members: tuple[float, ...]
  gain: float


def collect_logits(
  apply: Callable[[Params, PyTree], jax.Array],
  params: Params,
  inputs: Iterable[PyTree],
) -> np.ndarray:
  """Computes the logits of a network on batches, one after the other.

  Args:
    apply: `(params, inputs) -> logits` [n, classes], in evaluation mode.
      Compiled once for each function and batch shape.
    params: what `apply` takes; of a masked network, the masked ones.
    inputs: batches of inputs, at least one.

  Returns:
    float [N, classes] on the host, in the order of the batches.
  """
  return np.concatenate([_applied(apply, params, x) for x in inputs])


def disagreement(first: np.ndarray, second: np.ndarray) -> float:
  """Returns the fraction of examples that two networks classify differently.

  As in Evci et al. 2022 and Fort et al. 2019, "Deep Ensembles: A Loss
  Landscape Perspective".

  Args:
    first: logits [n, classes].
    second: logits of the same examples.

  Returns:
    In [0, 1].

  Raises:
    ValueError: shapes that differ or are not [n, classes], no example, or NaN.
  """
  first, second = _checked(first, second)
  return float(np.mean(first.argmax(1) != second.argmax(1)))


def kl(first: np.ndarray, second: np.ndarray) -> float:
  """Computes KL(first || second) of the predictions, mean over examples.

  Arguments and errors are those of `disagreement`.

  Returns:
    In nats, >= 0; infinite where `second` rules out what `first` does not.
  """
  return _expected(lambda ratio: ratio, *_log_probabilities(first, second))


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> float:
  """Computes the Jensen-Shannon divergence, mean over examples.

  JS(P, Q) = (KL(P || M) + KL(Q || M)) / 2 with M = (P + Q) / 2, which is
  symmetric and, unlike `kl`, bounded. Source: Lin 1991, "Divergence Measures
  Based on the Shannon Entropy". Arguments and errors are those of
  `disagreement`.

  Returns:
    In nats, in [0, ln 2]: 0 where the predictions are equal, ln 2 where no
    class is possible in both.
  """
  log_p, log_q = _log_probabilities(first, second)

  def above_middle(ratio: np.ndarray) -> np.ndarray:
    return np.log(2) - np.logaddexp(0, -ratio)  # log p / m, exactly 0 at p = q

  both = [_expected(above_middle, *x) for x in ((log_p, log_q), (log_q, log_p))]
  return sum(both) / 2


def symmetric_kl(first: np.ndarray, second: np.ndarray) -> float:
  """Returns the mean of `kl` both ways: half Jeffreys' divergence, in nats."""
  return (kl(first, second) + kl(second, first)) / 2


def pairwise(
  measure: Callable[[np.ndarray, np.ndarray], float],
  logits: Sequence[np.ndarray],
) -> np.ndarray:
  """Returns `measure(logits[i], logits[j])` for all i, j, float64 [m, m]."""
  return np.array([[measure(a, b) for b in logits] for a in logits])


def ensemble(logits: Sequence[np.ndarray], labels: np.ndarray) -> Ensemble:
  """Measures the gain in accuracy from averaging networks' probabilities.

  It is small where they are one function: the tickets of one pruned network
  (Evci et al. 2022).

  Args:
    logits: of m >= 1 networks, [n, classes] each.
    labels: [n] integers in [0, classes).

  Raises:
    ValueError: no network, shapes or labels that do not fit, or NaN.
  """
  from scipy.special import softmax

  members = _checked(*logits)
  labels = np.asarray(labels)
  examples, classes = members[0].shape
  if labels.shape != (examples,) or not np.isin(labels, range(classes)).all():
    raise ValueError(
      f'labels of shape {labels.shape}: accepted are {examples} class numbers'
      f' in [0, {classes})'
    )
  mean = np.mean([softmax(member, axis=1) for member in members], axis=0)
  accuracy, *accuracies = (
    float(np.mean(x.argmax(1) == labels)) for x in (mean, *members)
  )
  return Ensemble(
    accuracy, tuple(accuracies), float(accuracy - np.mean(accuracies))
  )


def _log_probabilities(*logits: np.ndarray) -> list[np.ndarray]:
  from scipy.special import log_softmax

  return [log_softmax(x, axis=1) for x in _checked(*logits)]


def _expected(
  function: Callable[[np.ndarray], np.ndarray],
  log_p: np.ndarray,
  log_q: np.ndarray,
) -> float:
  """Returns the mean of `function(log p / q)` under p, and over examples."""
  with np.errstate(invalid='ignore'):  # -inf less -inf, where p is 0
    terms = np.exp(log_p) * function(log_p - log_q)
  return float(np.mean(np.where(np.isneginf(log_p), 0, terms).sum(1)))


@functools.partial(jax.jit, static_argnames='apply')
def _applied(
  apply: Callable[[Params, PyTree], jax.Array], params: Params, x: PyTree
) -> jax.Array:
  return apply(params, x)


def _checked(*logits: np.ndarray) -> list[np.ndarray]:
  """Checks logits, and returns them in float64."""
  arrays = [np.asarray(x, np.float64) for x in logits]
  shapes = sorted({x.shape for x in arrays})
  if len(shapes) != 1 or len(shapes[0]) != 2 or 0 in shapes[0]:
    raise ValueError(
      f'logits have the shapes {shapes}; accepted is one shape [n, classes]'
    )
  if any(np.isnan(x).any() for x in arrays):
    raise ValueError('logits hold NaN; accepted are numbers')
  return arrays


def _share(part: float, whole: float) -> float:
  return part / whole if whole else 1.0


def _leaves(a: Masks, b: Masks) -> list[dict[Path, np.ndarray]]:
  """Returns the masks of both trees by path, on the host."""
  check_alike_masks(a, b)
  flat = [paths.flatten(jax.device_get(masks)) for masks in (a, b)]
  if not flat[0]:
    raise ValueError('got no masks; accepted are masks of one leaf or more')
  return flat
