"""The exact cost of a forward pass under masks."""

from collections.abc import Callable
from fractions import Fraction

import jax

from jaxsparse.analysis.flops.active import active_share
from jaxsparse.analysis.flops.count import Macs
from jaxsparse.core.masks import map_masks_with_path
from jaxsparse.core.types import Counts, Masks, Params, PyTree

# `(multiply-adds, number of outputs they make) -> cost`.
Convention = Callable[[Fraction, int], Fraction]


def multiply_adds(macs: Fraction, outputs: int) -> Fraction:
  """Counts a multiply-add as one, and nothing else."""
  del outputs
  return macs


def micronet(
  macs: Fraction, outputs: int, *, bias: bool = True, relu: bool = True
) -> Fraction:
  """Counts FLOPs as the MicroNet challenge does, which papers took over.

  An output of V active weights costs V multiplications and V - 1 additions,
  one more for its bias and one for its ReLU. Evci et al. 2020, "Rigging the
  Lottery", count both for every layer, present or not.

  Args:
    macs: multiply-adds of active weights.
    outputs: the number of outputs they make.
    bias: whether a bias is added.
    relu: whether a ReLU follows.
  """
  return 2 * macs + (bias + relu - 1) * outputs


def by_leaf(
  found: Macs,
  params: Params,
  counts: Counts | Masks | None = None,
  *,
  convention: Convention = multiply_adds,
) -> PyTree:
  """Returns the cost of each leaf, spread evenly over its weights.

  Args:
    found: of the dense network.
    params: arrays or `ShapeDtypeStruct`s.
    counts: active weights of each leaf, exact numbers, or its mask; `None`
      where a leaf is dense. `None` for a dense network.
    convention: what is counted: `multiply_adds`, `micronet` or a function.

  Returns:
    A tree of `Fraction`s like the params.

  Raises:
    ValueError: counts or masks that do not fit.
  """
  if counts is None:
    counts = jax.tree.map(lambda _: None, params)

  def sparse(path, leaf, count, macs, outputs):
    return convention(macs * active_share(path, leaf, count), outputs)

  return map_masks_with_path(
    sparse,
    params,
    counts,
    found.leaves,
    found.outputs,
    exempt=lambda _, macs, outputs: convention(Fraction(macs), outputs),
  )


def inference(
  found: Macs,
  params: Params,
  counts: Counts | Masks | None = None,
  *,
  convention: Convention = multiply_adds,
) -> Fraction:
  """Returns the cost of a forward pass, products of no leaf included.

  Arguments and errors are those of `by_leaf`.
  """
  leaves = by_leaf(found, params, counts, convention=convention)
  rest = Fraction(sum(found.rest.values()))
  return sum(jax.tree.leaves(leaves), convention(rest, 0))
