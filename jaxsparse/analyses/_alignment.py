"""Another run's net with its units in the order that fits a run's best.

Two nets may differ by the order of their hidden units alone, and still have a
barrier between them. Ainsworth et al. 2023, "Git Re-Basin: Merging Models
modulo Permutation Symmetries", measure it after the units are matched.
"""

import jax

from jaxsparse.analysis import permutations
from jaxsparse.analysis.solutions import Solution, masked_params
from jaxsparse.core import prng
from jaxsparse.runs import units
from jaxsparse.runs.finished import Finished


def aligned(
  run: Finished, end: Solution, other: Solution, *, seed: int = 0
) -> Solution:
  """Returns `other` with its units permuted to match those of `end`.

  Its masks and its statistics of BatchNorm are permuted with its weights, so
  that it computes the same function.

  Args:
    run: the run of `end`.
    end: a net of it.
    other: a net of the same model.
    seed: of the order in which groups of units are matched.

  Raises:
    ValueError: nets of different models, or a model whose units cannot be
      followed.
  """
  groups = units.unit_groups(run.experiment)
  permutation = permutations.match_weights(
    groups,
    masked_params(other),
    masked_params(end),
    key=prng.stream(jax.random.key(seed), 'alignment'),
  )
  return Solution(
    *(permutations.permute(groups, permutation, t) for t in other)
  )
