"""Optimal brain damage: pruning of a trained net by its curvature."""

from jaxsparse.core import choices, curvature, gradients, schedules
from jaxsparse.core.criteria.saliency import saliency
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Counts, MaskUpdater
from jaxsparse.updaters.at_init.options import prunes_at_init
from jaxsparse.updaters.at_init.pruning import prune_at_init

_DIAGONALS = ('fisher', 'hessian')


@prunes_at_init
def obd(
  counts: Counts,
  *,
  diagonal: str = 'fisher',
  samples: int = 10,
  rounds: int = 1,
) -> MaskUpdater:
  """Builds optimal brain damage (LeCun et al. 1990).

  Of the weights that a run starts from it keeps those of largest w^2 h / 2, all
  layers ranked together; h is the curvature of the loss along each. It is
  meant for trained weights, which the run then goes on with (in a config,
  `init.checkpoint`).

  **Use it** after training, beside `magnitude`, as what pruning before training
  is compared with.

  >>> updater = js.obd(counts)
  >>> state = updater.init(params, key=key, probe=probe)

  Args:
    counts: active weights of each leaf, ints or traced int32, whose sum is
      distributed over the leaves, but for those that are dense; `None` where a
      leaf is exempt.
    diagonal: `fisher`, the mean square of each example's gradient, which takes
      examples one by one, and so a net without BatchNorm; or `hessian`, an
      estimate of the diagonal of the Hessian from products with random signs.
    samples: number of products, of `hessian`.
    rounds: in how many the target is reached, each scoring what the last one
      left, without training in between; at least 1.

  Raises:
    ValueError: an argument is out of range; from `init`: no probe.
    TypeError: `rounds` or `samples` is not a host integer.

  **Deviations** from the paper: the diagonal is that of the empirical Fisher
  matrix, or an unbiased estimate of the Hessian's, where the paper has a
  recursion that leaves out terms; the net is not trained between rounds.
  """
  choices.check(f'diagonal is {diagonal!r}', diagonal, _DIAGONALS)
  schedules.host_step('samples', samples, 1)

  def score(params, masks, probe, *, round, key):
    at = gradients.objective(probe, apply_masks(params, masks), counts)
    h = (
      curvature.fisher_diagonal(at)
      if diagonal == 'fisher'
      else curvature.hessian_diagonal(at, key=key, samples=samples)
    )
    return saliency(at.weights, h, key=key)

  return prune_at_init(counts, score, rounds=rounds)
