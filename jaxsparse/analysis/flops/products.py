"""Multiply-adds of a matrix product or a convolution, from its shapes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jax.extend.core import JaxprEqn

from jaxsparse.core.types import Shape


def shape(var: Any) -> Shape:
  """Returns the shape of a variable of a jaxpr; () where it is no array."""
  return getattr(var.aval, 'shape', ())


def size(var: Any) -> int:
  """Returns the number of entries of a variable of a jaxpr."""
  return math.prod(shape(var))


def dot_general(eqn: JaxprEqn, *, border: bool) -> int:
  """Returns batch x rows x contracted x columns; `border` has no effect."""
  del border
  (_, contracted), (_, batch) = eqn.params['dimension_numbers']
  lhs, rhs = map(shape, eqn.invars[:2])
  return math.prod(lhs) * _free(rhs, {*contracted, *batch})


def ragged_dot_general(eqn: JaxprEqn, *, border: bool) -> int:
  """Counts each row with its group's matrix; `border` has no effect."""
  del border
  numbers = eqn.params['ragged_dot_dimension_numbers']
  (_, contracted), (_, batch) = numbers.dot_dimension_numbers
  lhs, rhs = map(shape, eqn.invars[:2])
  groups = numbers.rhs_group_dimensions
  return math.prod(lhs) * _free(rhs, {*contracted, *batch, *groups})


def convolution(eqn: JaxprEqn, *, border: bool) -> int:
  """Counts the multiply-adds of `conv_general_dilated`, grouped or not.

  Holes that a transposed convolution (`lhs_dilation`) puts between its inputs
  are not multiplied.

  Args:
    eqn: the equation.
    border: whether taps beyond the border count, as published counts have
      it: a convolution then uses its kernel once an output, a transposed one
      once an input. Otherwise those that meet an input count.
  """
  numbers = eqn.params['dimension_numbers']
  lhs, rhs = map(shape, eqn.invars[:2])
  out = shape(eqn.outvars[0])
  count = out[numbers.out_spec[0]]
  # The input channels of a kernel are those of a group.
  count *= rhs[numbers.rhs_spec[0]] * rhs[numbers.rhs_spec[1]]
  for axis, padding in enumerate(eqn.params['padding']):
    count *= _taps(
      lhs[numbers.lhs_spec[2 + axis]],
      rhs[numbers.rhs_spec[2 + axis]],
      out[numbers.out_spec[2 + axis]],
      stride=eqn.params['window_strides'][axis],
      before=padding[0],
      holes=eqn.params['lhs_dilation'][axis],
      dilation=eqn.params['rhs_dilation'][axis],
      border=border,
    )
  return count


def _taps(
  inputs: int,
  kernel: int,
  outputs: int,
  *,
  stride: int,
  before: int,
  holes: int,
  dilation: int,
  border: bool,
) -> int:
  """Counts the pairs of an output and an input along one axis."""
  if border and holes == 1:
    return outputs * kernel
  if border and stride == 1:
    return inputs * kernel
  starts = np.arange(outputs)[:, None] * stride - before
  at = starts + np.arange(kernel) * dilation
  met = (at >= 0) & (at <= (inputs - 1) * holes) & (at % holes == 0)
  return int(np.count_nonzero(met))


def _free(shape: Shape, taken: set[int]) -> int:
  return math.prod(n for axis, n in enumerate(shape) if axis not in taken)


COUNTED: dict[str, Callable[..., int]] = {
  'dot_general': dot_general,
  'ragged_dot_general': ragged_dot_general,
  'conv_general_dilated': convolution,
}

# Primitives that are opaque, but may multiply: calls of foreign code, fused
# kernels, products of sparse arrays.
OPAQUE = (
  *('ffi_call', 'pure_callback', 'io_callback'),
  *('cudnn_fusion', 'scaled_matmul_wrapper'),
  *(
    f'dot_product_attention_{kind}_wrapper'
    for kind in ('fwd', 'bwd', 'fp8_fwd', 'fp8_bwd')
  ),
  *('bcoo_dot_general', 'bcoo_dot_general_sampled', 'bcoo_spdot_general'),
  *('bcsr_dot_general', 'coo_matmat', 'coo_matvec', 'csr_matmat', 'csr_matvec'),
)
