"""A masked MLP as the smaller one that computes the same.

Evci et al. 2020, "Rigging the Lottery", Appendix B: once trained, units and
inputs without connections are removed, and a smaller net remains.

>>> import jax.numpy as jnp
>>> from jaxsparse.analysis.compression import compress
>>> params = {
...   'Dense_0': {'kernel': jnp.ones((4, 3)), 'bias': jnp.full(3, 2.0)},
...   'Dense_1': {'kernel': jnp.ones((3, 1)), 'bias': jnp.zeros(1)},
... }
>>> hidden = jnp.array([[1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 0]], bool)
>>> logits = jnp.array([[1], [1], [0]], bool)
>>> masks = {'Dense_0': {'kernel': hidden}, 'Dense_1': {'kernel': logits}}
>>> small = compress(params, masks)
>>> small.units, small.params['Dense_0']['kernel'].shape
((array([0, 1]), array([0]), array([0])), (2, 1))
>>> small.params['Dense_1']['bias'].tolist()  # Of the unit without inputs.
[2.0]

**Deviations** from the authors' code: it deletes a unit without incoming
connections, which changes what the net computes unless its bias is at most 0;
here its constant output goes into the biases of the next layer. And it sweeps
once, from the input to the output; here it goes on until nothing changes, so
that fewer units may be left.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.masks import check_masks
from jaxsparse.core.types import Masks, Params


class Compressed(NamedTuple):
  """A smaller net.

  Attributes:
    params: as before, numpy, kernels [in, out] between remaining units.
    masks: of the kernels that had one; `None` elsewhere.
    units: the inputs that remain, then the units of each layer, ascending;
      of the last layer all.
  """

  params: Params
  masks: Masks
  units: tuple[np.ndarray, ...]


class _Layer(NamedTuple):
  """Stored arrays of a layer, and the mask of its active connections."""

  kernel: np.ndarray
  active: np.ndarray
  bias: np.ndarray | None


def compress(params: Params, masks: Masks) -> Compressed:
  """Removes the inputs and units that take no part in the outputs.

  The outputs of the smaller net on the remaining inputs are those of the masked
  one on all inputs, but for rounding.

  Args:
    params: of an MLP with ReLU between its layers: a mapping of layers, whose
      names are in forward order, to `kernel` [in, out] and, if any, `bias`
      [out]. Concrete.
    masks: likewise; `None` or nothing where a leaf is dense.

  Raises:
    ValueError: other params, masks that do not fit, or a layer without a bias
      after a unit whose output is a constant other than 0.
  """
  names = paths.natural_order(params)
  layers = [_layer(name, params[name], masks) for name in names]
  for name, one, two in zip(names[1:], layers, layers[1:], strict=False):
    if one.kernel.shape[1] != two.kernel.shape[0]:
      raise ValueError(
        f'{name!r} takes {two.kernel.shape[0]} inputs and the layer before it'
        f' gives {one.kernel.shape[1]}; accepted are layers in forward order'
      )
  check_masks(params, masks)
  biases, alive = _swept(names, layers)
  small: dict[str, Any] = {}
  small_masks: dict[str, Any] = {}
  for at, (name, layer) in enumerate(zip(names, layers, strict=True)):
    rows_columns = np.ix_(alive[at], alive[at + 1])
    kernel = np.where(layer.active, layer.kernel, layer.kernel.dtype.type(0))
    small[name] = {'kernel': kernel[rows_columns]}
    small_masks[name] = {'kernel': None}
    if (masks.get(name) or {}).get('kernel') is not None:
      small_masks[name] = {'kernel': layer.active[rows_columns]}
    bias = biases[at]
    if bias is not None and layer.bias is not None:
      small[name]['bias'] = bias[alive[at + 1]].astype(layer.bias.dtype)
      small_masks[name]['bias'] = None
  return Compressed(small, small_masks, tuple(map(np.flatnonzero, alive)))


def outputs(net: Compressed, inputs: np.ndarray) -> np.ndarray:
  """Computes the outputs of the smaller net, [n, out].

  Args:
    net: from `compress`.
    inputs: those of the net as it was, [n, in].
  """
  values = np.asarray(inputs)[:, net.units[0]]
  for at, name in enumerate(paths.natural_order(net.params)):
    layer = net.params[name]
    values = (values if at == 0 else np.maximum(values, 0)) @ layer['kernel']
    values = values + layer.get('bias', 0)
  return values


def _swept(
  names: list[str], layers: list[_Layer]
) -> tuple[list[np.ndarray | None], list[np.ndarray]]:
  """Returns biases with constants added, and which inputs and units remain."""
  biases = [
    None if layer.bias is None else layer.bias.astype(np.float64)
    for layer in layers
  ]
  alive = [np.ones(layers[0].kernel.shape[0], bool)]
  alive += [np.ones(layer.kernel.shape[1], bool) for layer in layers]
  while True:
    before = [units.copy() for units in alive]
    alive[0] &= _active(layers, alive, 0).any(axis=1)
    for at in range(1, len(layers)):
      has_inputs = _active(layers, alive, at - 1).any(axis=0)
      has_outputs = _active(layers, alive, at).any(axis=1)
      constant = alive[at] & has_outputs & ~has_inputs
      _fold(names, layers, biases, at, constant)
      alive[at] &= has_outputs & has_inputs
    if all(map(np.array_equal, before, alive)):
      return biases, alive


def _active(
  layers: list[_Layer], alive: list[np.ndarray], at: int
) -> np.ndarray:
  """Returns the active connections of a layer between remaining units."""
  return layers[at].active & alive[at][:, None] & alive[at + 1][None]


def _fold(
  names: list[str],
  layers: list[_Layer],
  biases: list[np.ndarray | None],
  at: int,
  constant: np.ndarray,
) -> None:
  """Adds the outputs of constant units to the biases of layer `at`."""
  previous = biases[at - 1]
  if previous is None or not np.any(previous[constant] > 0):
    return
  after = biases[at]
  if after is None:
    raise ValueError(
      f'{names[at]!r} has no bias that could take what units without inputs'
      ' give it; accepted is a layer with one'
    )
  layer = layers[at]
  weights = np.where(layer.active, layer.kernel, 0.0)[constant]
  biases[at] = after + np.maximum(previous[constant], 0) @ weights


def _layer(name: str, layer: Any, masks: Masks) -> _Layer:
  """Checks a layer, and returns it as numpy arrays."""
  if not isinstance(layer, Mapping) or not (
    {'kernel'} <= set(layer) <= {'kernel', 'bias'}
  ):
    raise ValueError(
      f'{name!r} is no dense layer; accepted are kernel [in, out] and bias'
    )
  kernel = np.asarray(jax.device_get(layer['kernel']))
  mask = (masks.get(name) or {}).get('kernel')
  active = np.ones(kernel.shape, bool) if mask is None else np.asarray(mask)
  if kernel.ndim != 2 or active.shape != kernel.shape:
    raise ValueError(
      f'{name!r}: its kernel has shape {kernel.shape}, the mask'
      f' {active.shape}; accepted is [in, out] for both'
    )
  bias = layer.get('bias')
  return _Layer(kernel, active, None if bias is None else np.asarray(bias))
