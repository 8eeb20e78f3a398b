"""Static sparse training: random masks that never change."""

from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import Counts, Facts, MaskUpdater
from jaxsparse.updaters import _fixed, _init


def static(
  counts: Counts, *, sampler: str | Sampler = 'uniform'
) -> MaskUpdater:
  """Builds fixed random masks with the given counts ("Static", "Scratch").

  The baseline of Evci et al. 2020, "Rigging the Lottery" (section 4):
  uniformly random masks in each layer, trained from scratch.

  **Use it** as the control of any method that moves or finds masks.

  >>> updater = js.static(counts)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf, ints or traced int32; `None` where
      a leaf is exempt.
    sampler: draws the masks: a name in `core.samplers` (`uniform`,
      `connected`, `uneven`), a dotted path or a function.

  Raises:
    ValueError: no sampler of that name.

  **Deviations**: none. What the authors' code calls `static` is another
  method: it drops and re-initialises weights of one mask; their `scratch` is
  this one.
  """
  return MaskUpdater(
    init=_init.random(counts, sampler),
    update=_fixed.update,
    facts=Facts(mask_steps='none'),
  )
