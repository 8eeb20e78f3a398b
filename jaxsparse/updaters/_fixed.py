"""The update of the methods whose masks never change."""

from jax import Array

from jaxsparse.core.types import MaskState, Params, PyTree


def update(
  grads: PyTree,
  state: MaskState,
  params: Params,
  *,
  step: int | Array,
  key: Array,
) -> tuple[Params, MaskState]:
  """Returns params and masks unchanged."""
  del grads, step, key
  return params, state
