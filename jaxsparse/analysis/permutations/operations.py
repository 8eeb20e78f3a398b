"""The operations of a net, evaluated on units in place of values."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jax import lax
from jax.extend.core import JaxprEqn

from jaxsparse.core import jaxprs
from jaxsparse.core.types import Shape

# The unit of entries that stay where they are, and that of constants.
FIXED, NONE = 0, -1

_MOVES = (
  'broadcast_in_dim',
  'concatenate',
  'copy',
  'pad',
  'reshape',
  'rev',
  'slice',
  'squeeze',
  'transpose',
)
_ELEMENTWISE = (
  *('add', 'sub', 'mul', 'div', 'max', 'min', 'neg', 'abs', 'sign', 'clamp'),
  *('exp', 'exp2', 'expm1', 'log', 'log1p', 'logistic', 'tanh', 'erf', 'erfc'),
  *('sqrt', 'rsqrt', 'cbrt', 'square', 'integer_pow', 'pow', 'select_n'),
  *('gt', 'ge', 'lt', 'le', 'eq', 'ne', 'and', 'or', 'not', 'is_finite'),
  *('convert_element_type', 'reduce_precision'),
)
_REDUCTIONS = ('reduce_sum', 'reduce_max', 'reduce_min')
_WINDOWS = ('reduce_window_sum', 'reduce_window_max', 'reduce_window_min')
_WINDOW = (
  'window_dimensions',
  'window_strides',
  'padding',
  'base_dilation',
  'window_dilation',
)


class Units(NamedTuple):
  """The units of a value of the net.

  Attributes:
    ids: of each entry, in the shape of the value; of a kernel two such arrays,
      of its input units and of its output units.
  """

  ids: tuple[np.ndarray, ...]


class Follower:
  """Evaluates operations, and makes units that meet in one place the same.

  Attributes:
    labels: of each unit; those that are the same have one label.
  """

  def __init__(self, number: int) -> None:
    """Starts with as many units, all different.

    Args:
      number: of units, `FIXED` among them.
    """
    self.labels = np.arange(number)

  def merge(self, first: np.ndarray, second: np.ndarray) -> None:
    """Makes the units of two arrays the same, entry by entry."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = np.stack(
      np.broadcast_arrays(self._found(first), self._found(second))
    )
    a, b = pairs[:, (pairs >= 0).all(0) & (pairs[0] != pairs[1])]
    if len(a):
      shape = (len(self.labels), len(self.labels))
      graph = coo_matrix((np.ones(len(a)), (a, b)), shape)
      self.labels = connected_components(graph, directed=False)[1][self.labels]

  def step(self, eqn: JaxprEqn, operands: Sequence[Any]) -> list[Any]:
    """Returns the units of the results of an operation; see `jaxprs.evaluate`.

    Raises:
      ValueError: an operation through which units cannot be followed.
    """
    called = jaxprs.called(eqn)
    if called:
      return jaxprs.evaluate(called, operands, self.step)
    if not any(isinstance(operand, Units) for operand in operands):
      return jaxprs.results(eqn, operands)
    name, values = eqn.primitive.name, [of_operand(o) for o in operands]
    if name in _MOVES:
      return [_moved(eqn, values)]
    if name in _ELEMENTWISE:
      return [self._met(values, _shape(eqn))]
    if name in _REDUCTIONS:
      axes = tuple(eqn.params['axes'])
      return [self._reduced(name, values[0], lambda ids: ids.max(axes))]
    if name in _WINDOWS:
      return [self._reduced(name, values[0], _windowed(eqn))]
    if name == 'dot_general':
      return [self._product(eqn, *values)]
    if name == 'conv_general_dilated':
      return [self._convolution(eqn, *values)]
    raise unsupported(f'the operation {name!r}')

  def _found(self, ids: np.ndarray) -> np.ndarray:
    """Returns the label of each unit."""
    return np.where(ids < 0, ids, self.labels[ids])

  def _met(self, values: Sequence[Units], shape: Shape) -> Units:
    results = []
    for column in _columns(values):
      result = np.full(shape, NONE)
      for ids in column:
        self.merge(result, ids)
        result = np.where(result < 0, ids, result)
      results.append(result)
    return Units(tuple(results))

  def _reduced(
    self,
    name: str,
    value: Units,
    highest: Callable[[np.ndarray], np.ndarray],
  ) -> Units:
    for ids in value.ids:
      labels, above = self._found(ids), len(self.labels)
      top = highest(labels)
      least = above - highest(np.where(labels < 0, NONE, above - labels))
      if np.any((top >= 0) & (least != top)):
        raise unsupported(f'{name!r} over different units')
    return Units(tuple(highest(ids) for ids in value.ids))

  def _product(self, eqn: JaxprEqn, lhs: Units, rhs: Units) -> Units:
    contracting, batch = eqn.params['dimension_numbers']
    if any(batch) or (len(lhs.ids), len(rhs.ids)) not in ((1, 2), (2, 1)):
      raise unsupported('a product that is not of activations with a kernel')
    sides = [(lhs, contracting[0]), (rhs, contracting[1])]
    (x, x_axes), (kernel, axes) = sides if len(rhs.ids) == 2 else sides[::-1]
    number, read = len(axes), _first(x.ids[0], x_axes)
    inputs, outputs = (_first(ids, axes) for ids in kernel.ids)
    inner, rest = read.shape[:number], read.shape[number:]
    outer = outputs.shape[number:]
    entering = _constant(inputs.reshape(*inner, -1), -1)
    self.merge(read, entering.reshape(*inner, *[1] * len(rest)))
    leaving = _constant(outputs.reshape(-1, *outer), 0)
    if x is lhs:
      return Units((np.broadcast_to(leaving, (*rest, *outer)),))
    leaving = leaving.reshape(*outer, *[1] * len(rest))
    return Units((np.broadcast_to(leaving, (*outer, *rest)),))

  def _convolution(self, eqn: JaxprEqn, x: Units, kernel: Units) -> Units:
    if (len(x.ids), len(kernel.ids)) != (1, 2):
      raise unsupported(
        'a convolution that is not of activations with a kernel'
      )
    spec = eqn.params['dimension_numbers']
    groups = eqn.params['feature_group_count']
    read = np.moveaxis(x.ids[0], spec.lhs_spec[1], -1)
    out, into = spec.rhs_spec[:2]
    entering, leaving = (
      _constant(_first(ids, (axis,)).reshape(ids.shape[axis], -1), -1)
      for ids, axis in zip(kernel.ids, (into, out), strict=True)
    )
    if groups == 1:
      self.merge(read, entering)
    elif groups == read.shape[-1] == len(leaving):  # Depthwise.
      self.merge(read, leaving)
    else:
      raise unsupported(f'a convolution of {groups} groups')
    shape = _shape(eqn)
    axes = [a for a in range(len(shape)) if a != spec.out_spec[1]]
    return Units((np.broadcast_to(np.expand_dims(leaving, axes), shape),))


def of_operand(operand: Any) -> Units:
  """Returns the units of an operand; a constant's entries have none.

  Those of a constant whose entries differ stay where they are.
  """
  if isinstance(operand, Units):
    return operand
  values = np.asarray(operand)
  differ = values.size > 0 and (values != values.flat[0]).any()
  return Units((np.full(values.shape, FIXED if differ else NONE),))


def unsupported(what: str) -> ValueError:
  """Returns the error for a net in which units cannot be followed."""
  return ValueError(
    f'units cannot be followed through {what}; accepted are nets of dense'
    ' layers, convolutions, pools, BatchNorm, elementwise functions and sums of'
    ' branches'
  )


def _moved(eqn: JaxprEqn, values: Sequence[Units]) -> Units:
  """Applies an operation that moves entries."""
  results = []
  for column in _columns(values):
    (moved,) = jaxprs.results(eqn, [ids.astype(np.int32) for ids in column])
    results.append(np.asarray(moved))
  return Units(tuple(results))


def _columns(values: Sequence[Units]) -> list[list[np.ndarray]]:
  """Returns the ids of all operands, for input and for output units."""
  number = max(len(value.ids) for value in values)
  if any(len(v.ids) < number and (v.ids[0] > FIXED).any() for v in values):
    raise unsupported('an operation of a kernel with activations')
  return [
    [value.ids[i if len(value.ids) > 1 else 0] for value in values]
    for i in range(number)
  ]


def _first(ids: np.ndarray, axes: Sequence[int]) -> np.ndarray:
  """Returns `ids` with some axes first."""
  return np.moveaxis(ids, axes, range(len(axes)))


def _constant(ids: np.ndarray, axis: int) -> np.ndarray:
  """Returns ids that are equal along an axis, without it."""
  first = np.take(ids, [0], axis)
  if (ids != first).any():
    raise unsupported('a kernel whose entries have been moved')
  return np.squeeze(first, axis)


def _windowed(eqn: JaxprEqn) -> Callable[[np.ndarray], np.ndarray]:
  """Returns the function that takes the highest id of each window."""
  window = {name: eqn.params[name] for name in _WINDOW}

  def highest(ids: np.ndarray) -> np.ndarray:
    values, none = ids.astype(np.int32), np.int32(NONE)
    return np.asarray(lax.reduce_window(values, none, lax.max, **window))

  return highest


def _shape(eqn: JaxprEqn) -> Shape:
  """Returns the shape of the first result."""
  aval: Any = eqn.outvars[0].aval
  return tuple(aval.shape)
