"""GraSP: pruning before training that keeps the gradient flow."""

from jaxsparse.core import gradients
from jaxsparse.core.criteria.gradient_flow import gradient_flow
from jaxsparse.core.types import Counts, MaskUpdater, Scalar
from jaxsparse.updaters.at_init.options import prunes_at_init
from jaxsparse.updaters.at_init.pruning import prune_at_init


@prunes_at_init
def grasp(
  counts: Counts,
  *,
  temperature: Scalar | None = None,
  faithful: bool = False,
) -> MaskUpdater:
  """Builds GraSP (Wang et al. 2020, "Picking Winning Tickets Before Training").

  Before the first step it keeps the weights of largest w (Hg), all layers
  ranked together: to first order, the removal of a weight w lowers the squared
  norm of the gradient g by 2 w (Hg). g is the gradient of the masked leaves
  over all batches of the probe, H the Hessian of their loss; both are computed
  exactly, one batch at a time.

  **Use it** before training at high sparsity, beside its controls: `shuffled`
  and `inverted`.

  >>> updater = js.grasp(counts)
  >>> state = updater.init(params, key=key, probe=probe)

  Args:
    counts: active weights of each leaf, ints or traced int32, whose sum is
      distributed over the leaves, but for those that are dense; `None` where a
      leaf is exempt.
    temperature: divisor of the logits while scoring; the authors' code has 200,
      which leaves a nearly linear loss. `None` for none.
    faithful: whether to reproduce the authors' code where it departs from the
      paper: batches of any size count the same, and one weight more stays.

  Raises:
    ValueError: from `init`: no probe, or its loss takes no `temperature`.

  **Deviations** from the authors' code: the sum of the counts is met exactly
  (distributions round them layer by layer, `uniform` up); equal scores are
  ranked by place; scores are not divided by their sum, which ranks them no
  differently and can be 0 up to rounding. The batches, and the weights of the
  classifier that are scored, are those of the caller: in a run, of the section
  `scoring`, whose images are not augmented.
  """

  def score(params, masks, probe, *, round, key):
    at = gradients.objective(
      probe, params, counts, temperature=temperature, equal=faithful
    )
    product = gradients.hessian_product(at, gradients.gradient(at))
    return gradient_flow(at.weights, product, key=key)

  return prune_at_init(counts, score, extra=int(faithful))
