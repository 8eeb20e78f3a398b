"""The exact cost of a forward pass under masks."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import numpy as np

from jaxsparse.analysis.flops.count import Macs
from jaxsparse.core import paths
from jaxsparse.core.masks import map_masks_with_path
from jaxsparse.core.types import Counts, Masks, Params, Path, PyTree, Shape

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


def active_weights(path: Path, leaf: Any, count: Any) -> Fraction:
  """Returns the number of active weights of a leaf.

  Args:
    path: of the leaf.
    leaf: an array or a `ShapeDtypeStruct`.
    count: an exact number in [0, size], or a mask.

  Raises:
    ValueError: it does not fit the leaf.
  """
  if np.ndim(count):
    if count.shape != leaf.shape:
      raise ValueError(
        f'mask {path!r} has shape {count.shape}, its parameter {leaf.shape}'
      )
    return Fraction(int(np.count_nonzero(jax.device_get(count))))
  number, size = Fraction(count), math.prod(leaf.shape)
  if not 0 <= number <= size:
    raise ValueError(
      f'{path!r}: got {count} active weights; accepted are 0 to {size}'
    )
  return number


def active_share(path: Path, leaf: Any, count: Any) -> Fraction:
  """Returns the fraction of active weights, in [0, 1]; 1 of an empty leaf."""
  size = math.prod(leaf.shape)
  number = active_weights(path, leaf, count)
  return number / size if size else Fraction(1)


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


def padded_twice(
  found: Macs, params: Params, first: Path, image: Shape
) -> Macs:
  """Returns `found` as if the image came padded to the first convolution.

  A correction for the figures of Evci et al. 2020, "Rigging the Lottery", which
  are of a notebook with a list of layers, and not of the net that is trained.
  Where that convolution has a stride, their nets pad the image by half a kernel
  on each side, and their counter takes it for the image, and pads it again:
  that of ResNet-50 has 115 x 115 outputs there for 112 x 112, which makes
  8.202e9 FLOPs of 8.189e9.

  Args:
    found: of the dense network and one image.
    params: arrays or `ShapeDtypeStruct`s.
    first: the path of the kernel that the image meets, `[h, w, in, out]`; one
      of another shape, of even size or without a stride changes nothing.
    image: `(height, width, channels)`.
  """
  kernel = paths.flatten(params)[first].shape
  positions = paths.flatten(found.outputs)[first] // kernel[-1]
  padded = _padded(kernel, image, positions)

  def one(path: Path, n: int) -> int:
    return n * padded // positions if path == first else n

  return found._replace(
    leaves=paths.map_with_path(one, found.leaves),
    outputs=paths.map_with_path(one, found.outputs),
  )


def _padded(kernel: Shape, image: Shape, positions: int) -> int:
  """Returns the positions of a convolution in an image padded before."""
  if len(kernel) != 4 or len(image) != 3 or not all(n % 2 for n in kernel[:2]):
    return positions
  for stride in range(2, min(image[:2]) + 1):
    if math.prod(-(-n // stride) for n in image[:2]) == positions:
      wide = (n + k - 1 for n, k in zip(image[:2], kernel[:2], strict=True))
      return math.prod(-(-n // stride) for n in wide)
  return positions
