"""Multiply-adds of single products, against products of ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import lax

from jaxsparse.analysis import flops


def macs(fn, w, *inputs, border=True):
  """Those charged to the only leaf."""
  found = flops.macs(lambda p, *x: fn(*x, p), w, *inputs, border=border)
  assert not found.rest
  return found.leaves


def abstract(*shape):
  return jax.ShapeDtypeStruct(shape, jnp.float32)


@st.composite
def convolutions(draw):
  """Shapes, options, and options under which padding is of ones."""
  axes = draw(st.integers(1, 2))

  def each(low, high):
    return tuple(draw(st.integers(low, high)) for _ in range(axes))

  kernel, stride = each(1, 3), each(1, 3)
  dilation, holes = each(1, 2), each(1, 3)
  padding = tuple(zip(each(0, 2), each(-1, 2), strict=True))
  inputs = tuple(
    draw(st.integers(d * (k - 1) + 2, 6))
    for d, k in zip(dilation, kernel, strict=True)
  )
  groups = draw(st.integers(1, 3))
  of_batch = draw(st.booleans())
  channels, filters = draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
  n = draw(st.integers(1, 2)) * (groups if of_batch else 1)
  left = (n, channels * (1 if of_batch else groups), *inputs)
  right = (filters, channels, *kernel)
  options = {
    'window_strides': stride,
    'lhs_dilation': holes,
    'rhs_dilation': dilation,
    ('batch_group_count' if of_batch else 'feature_group_count'): groups,
  }
  return left, right, padding, options


def triples(left, right, padding, options, *, beyond=0):
  """Triples of input, weight and output, found by sliding over a plane.

  Inputs are 1 on it, holes 0, and `beyond` is what lies outside the border.
  """
  inputs, kernel = np.array(left[2:]), np.array(right[2:])
  holes, dilation = options['lhs_dilation'], options['rhs_dilation']
  low, high = np.array(padding).T
  plane = np.zeros(holes * (inputs - 1) + 1, int)
  plane[tuple(slice(None, None, h) for h in holes)] = 1
  sides = np.stack([low, np.maximum(high, 0)], axis=1)
  plane = np.pad(plane, sides, constant_values=beyond)
  kept = plane.shape + np.minimum(high, 0)
  extent = dilation * (kernel - 1) + 1
  if np.any(kept < extent):
    return 0
  seen = np.lib.stride_tricks.sliding_window_view(
    plane[tuple(map(slice, kept))], tuple(extent)
  )
  every = (*options['window_strides'], *dilation)
  planes = seen[tuple(slice(None, None, step) for step in every)].sum()
  batch = left[0] // options.get('batch_group_count', 1)
  return batch * right[0] * right[1] * planes


@given(convolutions())
def test_convolutions_count_what_they_multiply(drawn):
  left, right, padding, options = drawn

  def conv(x, w):
    return lax.conv_general_dilated(x, w, padding=padding, **options)

  shapes = abstract(*right), abstract(*left)
  exact = macs(conv, *shapes, border=False)
  assert exact == triples(*drawn)
  if options['lhs_dilation'] == (1,) * len(padding):
    assert macs(conv, *shapes) == triples(*drawn, beyond=1)

  # The same triples of weight, input and output make both gradients.
  def grads(w, x):
    out, pull = jax.vjp(conv, x, w)
    return pull(out)

  both = flops.macs(grads, *shapes, border=False)
  assert both.leaves == 2 * exact
  assert both.rest.get('activation x activation', 0) == exact


def test_a_convolution_of_ones_has_1_a_multiply_add():
  def conv(x, w):
    return lax.conv_general_dilated(
      x,
      w,
      window_strides=(2, 1),
      padding=((1, 2), (2, 0)),
      lhs_dilation=(1, 3),
      rhs_dilation=(2, 1),
      feature_group_count=2,
    )

  left, right = (2, 6, 7, 3), (4, 3, 2, 3)
  ones = conv(jnp.ones(left), jnp.ones(right))
  found = macs(conv, abstract(*right), abstract(*left), border=False)
  assert found == np.sum(ones) > 0


@pytest.mark.parametrize('padding', ['SAME', 'VALID'])
@pytest.mark.parametrize(('n', 'kernel', 'stride'), [(5, 3, 2), (4, 2, 3)])
def test_a_transposed_convolution_uses_its_kernel_once_an_input(
  n, kernel, stride, padding
):
  found = macs(
    lambda x, w: lax.conv_transpose(x, w, (stride,) * 2, padding),
    abstract(kernel, kernel, 6, 7),
    abstract(2, n, n, 6),
  )
  assert found == 2 * n * n * kernel * kernel * 6 * 7


@given(st.data())
def test_products_of_matrices_count_what_they_multiply(data):
  # Batch, contracted and free axes in any order.
  size = {name: data.draw(st.integers(1, 3), name) for name in 'abcdef'}
  left = data.draw(st.permutations('abcd'))
  right = data.draw(st.permutations('abef'))
  out = data.draw(st.permutations('acdef'))
  spec = f'{"".join(left)},{"".join(right)}->{"".join(out)}'
  shapes = [tuple(size[name] for name in names) for names in (left, right)]
  found = macs(
    lambda x, w: jnp.einsum(spec, x, w),
    abstract(*shapes[1]),
    abstract(*shapes[0]),
  )
  assert found == np.einsum(spec, *map(np.ones, shapes)).sum()


def test_a_ragged_product_gives_each_row_one_matrix():
  sizes = jax.ShapeDtypeStruct((3,), jnp.int32)
  found = macs(
    lambda x, sizes, w: lax.ragged_dot(x, w, sizes),
    abstract(3, 10, 4),
    abstract(7, 10),
    sizes,
  )
  assert found == 7 * 10 * 4


def test_counts_pass_int32_and_float64():
  n = 2**21 + 1
  found = macs(jnp.matmul, abstract(n, n), abstract(n, n))
  assert found == n**3
  assert type(found) is int
