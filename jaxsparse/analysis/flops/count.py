"""Multiply-adds of a call by leaf of its params."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr
from jax.interpreters import partial_eval

from jaxsparse.analysis.flops.origins import (
  ACTIVATION,
  CONSTANT,
  Origin,
  of_leaf,
)
from jaxsparse.analysis.flops.tally import Tally
from jaxsparse.analysis.flops.walk import walk
from jaxsparse.core import paths
from jaxsparse.core.prng import is_key
from jaxsparse.core.types import Params, PyTree


class Macs(NamedTuple):
  """Multiply-adds of one call, as integers.

  Attributes:
    leaves: a tree like the params: the multiply-adds of each leaf.
    outputs: likewise, the number of outputs they make, before any activation
      function.
    rest: those that are no leaf's, by what is multiplied:
      'activation x activation' (attention scores), 'activation x constant',
      'constant x constant', 'weight x weight', and 'several weights' where it
      is unknown whose they are.
  """

  leaves: PyTree
  outputs: PyTree
  rest: dict[str, int]

  @property
  def total(self) -> int:
    """Sum over the leaves and the rest."""
    return sum(jax.tree.leaves(self.leaves)) + sum(self.rest.values())


def macs(
  apply: Callable[..., Any],
  params: Params,
  *inputs: PyTree,
  border: bool = True,
) -> Macs:
  """Counts the multiply-adds of `apply(params, *inputs)` by leaf.

  Counted are matrix products and convolutions, as in the papers: neither
  biases nor normalisation, pooling or anything else that works entry by
  entry. A leaf is charged wherever its weights meet something that is no
  weight, be they reshaped, cast, masked, sliced or joined with others before;
  a loop counts once an iteration, of branches the costliest counts. Products
  that the outputs do not depend on are left out. A weight of a leaf of N takes
  part in `leaves / N` of them.

  Args:
    apply: `(params, *inputs) -> outputs`, in evaluation mode; traced, not run.
    params: arrays or `ShapeDtypeStruct`s. What is neither weight nor input
      (statistics of BatchNorm) belongs here too; leaves of bools or keys are
      constants.
    *inputs: what activations come from, likewise. A batch of one gives the
      multiply-adds of one example.
    border: whether those with padding beyond the border count, as they do in
      the papers.

  Raises:
    ValueError: something multiplies an unknown number of times (as in
      `lax.while_loop`), or cannot be looked into.
    TypeError: a leaf of the params is no array.
  """
  sizes = jax.tree.leaves(paths.map_with_path(_size, params))
  leaves, structure = jax.tree.flatten(params)
  origins = list(map(_origin, range(len(sizes)), leaves, sizes))
  origins += [ACTIVATION] * len(jax.tree.leaves(inputs))
  tally = Tally(border)
  walk(_needed(apply, params, *inputs), origins, tally)

  def tree(counts: dict[int, int]) -> PyTree:
    return jax.tree.unflatten(structure, [counts[i] for i in range(len(sizes))])

  return Macs(
    tree(tally.macs), tree(tally.outputs), dict(sorted(tally.rest.items()))
  )


def _needed(apply: Callable[..., Any], *args: PyTree) -> Jaxpr:
  """Traces what the outputs depend on, as a compiler leaves out all else."""
  jaxpr = jax.make_jaxpr(apply)(*args).jaxpr
  used = [True] * len(jaxpr.outvars)
  return partial_eval.dce_jaxpr(jaxpr, used, instantiate=True)[0]


def _size(path: str, leaf: Any) -> int:
  if not hasattr(leaf, 'shape') or not hasattr(leaf, 'dtype'):
    raise TypeError(
      f'params hold {leaf!r} at {path!r}; accepted are arrays and'
      ' ShapeDtypeStructs alone'
    )
  return math.prod(leaf.shape)


def _origin(index: int, leaf: Any, size: int) -> Origin:
  if is_key(leaf) or leaf.dtype == jnp.bool_:
    return CONSTANT
  return of_leaf(index, size)
