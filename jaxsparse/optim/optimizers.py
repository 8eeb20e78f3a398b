"""Optax optimisers by name, with the learning rate as a function of step.

Any function of `optax` that takes a `learning_rate` is accepted, made by
`functools.partial` or not, or a dotted path to one. The transformation is built
inside the traced step with the step's learning rate, a traced scalar, so its
state holds no schedule count.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import optax

from jaxsparse.core import choices, paths, registry
from jaxsparse.core.types import PyTree
from jaxsparse.optim import learning_rate

_SCALARS = (bool, int, float, str)
_DECAY_MASKS = ('mask', 'weight_decay_mask')

Optimiser = Callable[[Any, jax.Array], optax.GradientTransformation]


@functools.cache
def names() -> tuple[str, ...]:
  """Returns the names of the accepted Optax optimisers, sorted."""
  return tuple(
    sorted(
      name
      for name, fn in inspect.getmembers(optax, callable)
      if not name.startswith(('_', 'scale_by_')) and _takes_rate(fn)
    )
  )


def _takes_rate(fn: Callable[..., Any]) -> bool:
  """Returns whether a callable takes a learning rate and is no class."""
  if inspect.isclass(fn):
    return False
  try:
    return 'learning_rate' in inspect.signature(fn).parameters
  except (TypeError, ValueError):  # It has no signature.
    return False


def find(spec: str | Callable[..., Any]) -> Callable[..., Any]:
  """Returns the function that `config.optimizer.name` names.

  Raises:
    ValueError: unknown (suggests the nearest accepted name), or it takes no
      `learning_rate`.
  """
  if not callable(spec) and '.' not in str(spec):
    if spec not in names():
      raise ValueError(
        f'config.optimizer.name: {spec!r} is not an optimiser of optax that'
        f' takes a learning_rate, nor a dotted path.'
        f'{choices.nearest(str(spec), names())}'
      )
    return getattr(optax, spec)
  try:
    builder = registry.resolve(spec, 'optax')
  except ValueError as error:
    raise ValueError(f'config.optimizer.name: {error}') from None
  if not _takes_rate(builder):
    raise ValueError(f'config.optimizer.name: {spec} takes no learning_rate')
  return builder


def hyperparameters(
  spec: str | Callable[..., Any],
) -> dict[str, inspect.Parameter]:
  """Returns the parameters with a scalar default, but the learning rate."""
  return {
    name: p
    for name, p in inspect.signature(find(spec)).parameters.items()
    if name == 'momentum'
    or (isinstance(p.default, _SCALARS) and name not in _DECAY_MASKS)
  }


def make(
  name: str | Callable[..., Any],
  kwargs: Mapping[str, Any],
  shape: learning_rate.Shape,
  *,
  clip_norm: float = 0.0,
  no_decay: tuple[str, ...] = (),
) -> Optimiser:
  """Builds `(member, step) -> tx` from an optimiser's name.

  `learning_rate` and `weight_decay` come from `member.optimizer`; the rest is
  compiled in. Weight decay is that of the optimiser if it has one that takes a
  mask, else the L2 term of the gradient, before any momentum.

  Args:
    name: for `find`.
    kwargs: its `hyperparameters`.
    shape: the learning rate over its base value, by step.
    clip_norm: bound of the norm of the whole gradient, that of the L2 term
      included; 0 for none.
    no_decay: patterns of kernels without weight decay; other kernels have it.

  Raises:
    ValueError: when used, a pattern of `no_decay` that fits no kernel.
  """
  builder = find(name)
  accepted = inspect.signature(builder).parameters
  decays = functools.partial(_decays, exempt=no_decay)
  masked = {name: decays for name in _DECAY_MASKS if name in accepted}
  fixed = {k: v for k, v in kwargs.items() if k != 'weight_decay'}
  clip = [optax.clip_by_global_norm(clip_norm)] if clip_norm else []

  def optimiser(member, step):
    rate = member.optimizer['learning_rate'] * shape(step)
    decay = member.optimizer['weight_decay']
    if masked and 'weight_decay' in accepted:
      tx = builder(rate, weight_decay=decay, **fixed, **masked)
      return optax.chain(*clip, tx) if clip else tx
    l2 = optax.add_decayed_weights(decay, mask=decays)
    return optax.chain(l2, *clip, builder(rate, **fixed))

  return optimiser


def _decays(params: PyTree, exempt: tuple[str, ...]) -> PyTree:
  """Masks the leaves on which weight decay acts."""
  leaves = paths.flatten(params)
  is_kernel = paths.kernels_of(params)
  kernels = {p for p, leaf in leaves.items() if is_kernel(p, leaf.shape)}
  fits = [
    paths.matching(kernels, pattern, what='kernels', where='no_decay')
    for pattern in exempt
  ]
  decays = kernels.difference(*fits)
  return paths.map_with_path(lambda p, _: p in decays, params)
