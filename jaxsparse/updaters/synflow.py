"""SynFlow: pruning before training that conserves flow, without data."""

from jaxsparse.core import synaptic_flow
from jaxsparse.core.criteria.sensitivity import sensitivity
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Counts, MaskUpdater
from jaxsparse.updaters.at_init.options import prunes_at_init
from jaxsparse.updaters.at_init.pruning import prune_at_init


@prunes_at_init
def synflow(counts: Counts, *, rounds: int = 100) -> MaskUpdater:
  """Builds SynFlow (Tanaka et al. 2020, section 6).

  Before the first step, round i of n keeps the size (k / size)^(i / n) weights
  of largest |w| dR/d|w| in the net that the last round left, all layers ranked
  together; k is the sum of `counts`, R the synaptic flow: the summed outputs
  for inputs of ones, every parameter replaced by its absolute value. In one
  round wide layers are pruned whole; in many, none.

  **Use it** where no data are at hand before training, and at extreme
  sparsities.

  >>> updater = js.synflow(counts, rounds=20)
  >>> state = updater.init(params, key=key, probe=probe)

  Args:
    counts: active weights of each leaf, ints or traced int32, whose sum is
      distributed over the leaves, but for those that are dense; `None` where a
      leaf is exempt.
    rounds: n, at least 1.

  Raises:
    ValueError: `rounds` is below 1; from `init`: no probe with `apply` and
      `inputs`.
    TypeError: `rounds` is not a host integer.

  **Deviations** from the authors' code: the target is met exactly, and equal
  scores are ranked by place (there, all at the threshold are dropped); scores
  are scaled by powers of two, for they overflow in deep nets.
  """

  def score(params, masks, probe, *, round, key):
    flow = synaptic_flow.flow(probe, apply_masks(params, masks), counts)
    return sensitivity(flow.weights, flow.grads, key=key)

  return prune_at_init(counts, score, rounds=rounds)
