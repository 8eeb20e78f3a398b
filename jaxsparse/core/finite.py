"""Whether numbers are finite."""

import jax
import jax.numpy as jnp

from jaxsparse.core._ordered import count
from jaxsparse.core.types import PyTree


def all_finite(tree: PyTree) -> jax.Array:
  """Returns whether `tree` has no infinity or NaN; a bool scalar.

  By counts: XLA for CPU makes several kernels of an `all`, and would compile
  what the leaves have in common into each kernel that reads the result.
  """
  leaves = jax.tree.leaves(tree)
  bad = [count(~jnp.isfinite(leaf)) for leaf in leaves]
  return count(jnp.array(bad, jnp.int32) != 0) == 0
