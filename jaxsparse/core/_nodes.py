"""Recognises Flax variables and Equinox layers by the class of a tree node.

The names in a path are chosen by the model's author; the class of a node is
not. Classes are recognised by name and module, so that no library is imported.
"""

from typing import Any

# Layers of Equinox that hold a `weight`: whether it is a kernel.
_EQUINOX = {
  'Linear': True,
  'Conv': True,
  'ConvTranspose': True,
  'GRUCell': True,
  'LSTMCell': True,
  'Embedding': False,
  'LayerNorm': False,
  'RMSNorm': False,
  'GroupNorm': False,
  'BatchNorm': False,
}


def is_variable(node: Any) -> bool:
  """Returns whether `node` is a variable of `flax.nnx`."""
  return 'Variable' in _bases(type(node), 'flax.nnx')


def is_equinox_layer(node: Any) -> bool:
  """Returns whether `node` is a layer of `equinox.nn` with weights."""
  return not _EQUINOX.keys().isdisjoint(_bases(type(node), 'equinox.nn'))


def has_kernels(layer: Any) -> bool:
  """Returns whether the weights of a layer of `equinox.nn` are kernels."""
  bases = _bases(type(layer), 'equinox.nn')
  return next(_EQUINOX[name] for name in bases if name in _EQUINOX)


def _bases(kind: type, module: str) -> tuple[str, ...]:
  """Returns the names of `kind` and its base classes defined in `module`."""
  return tuple(
    base.__name__
    for base in kind.__mro__
    if base.__module__ == module or base.__module__.startswith(f'{module}.')
  )
