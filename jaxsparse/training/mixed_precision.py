"""A Flax module that computes in a narrower dtype than its params have."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.core.types import PyTree


@dataclasses.dataclass(frozen=True)
class MixedPrecision:
  """A module as tasks use it, computing in `dtype`.

  Params and inputs are cast on the way in, and outputs to float32 on the way
  out, so a loss is float32, and so are the gradients of float32 params. Other
  collections, as the statistics of BatchNorm, are not cast, and Flax takes
  those of a batch in float32. A layer that has a dtype of its own keeps it.

  Attributes:
    module: called as `module.apply(variables, inputs, ...)`.
    dtype: of the computation, such as 'bfloat16'.
  """

  module: nn.Module
  dtype: str

  def init(self, *args: Any, **kwargs: Any) -> PyTree:
    """Returns the variables of `module`, in their own dtypes."""
    return self.module.init(*args, **kwargs)

  def apply(self, variables: PyTree, inputs: PyTree, **kwargs: Any) -> Any:
    """Applies `module`; arguments and results are those of its `apply`."""
    params = _cast(variables['params'], self.dtype)
    inputs = _cast(inputs, self.dtype)
    outputs = self.module.apply(
      {**variables, 'params': params}, inputs, **kwargs
    )
    return _cast(outputs, jnp.float32)


def _cast(tree: PyTree, dtype: Any) -> PyTree:
  return jax.tree.map(
    lambda x: x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x,
    tree,
  )
