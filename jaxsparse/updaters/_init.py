"""The masks that methods start with."""

from collections.abc import Callable

from jaxsparse.core import masks as masks_lib
from jaxsparse.core import registry
from jaxsparse.core.samplers import Sampler
from jaxsparse.core.types import Counts, MaskState
from jaxsparse.updaters import _checks


def random(
  counts: Counts, sampler: str | Sampler, *, together: bool = False
) -> Callable[..., MaskState]:
  """Builds an `init` that draws masks with `counts` active weights.

  Args:
    counts: active weights of each leaf.
    sampler: draws the masks: a name in `core.samplers`, a dotted path or a
      function `(params, counts, *, key) -> masks`.
    together: whether weights move from leaf to leaf.

  Raises:
    ValueError: no sampler of that name.
  """
  draw = registry.resolve(sampler, 'jaxsparse.core.samplers')

  def init(params, *, key, probe=None):
    _checks.check_counts(params, counts, together=together)
    return MaskState(draw(params, counts, key=key))

  return init


def full(counts: Counts, *, together: bool = False) -> Callable[..., MaskState]:
  """Builds an `init` with full masks on the leaves that `counts` names.

  Args:
    counts: active weights of each leaf.
    together: whether the leaves are ranked together.
  """

  def init(params, *, key, probe=None):
    _checks.check_counts(params, counts, together=together)
    return MaskState(masks_lib.full_masks(params, counts))

  return init
