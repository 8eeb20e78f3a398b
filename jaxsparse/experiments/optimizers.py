"""Optax optimisers by name, with the learning rate as a function of step.

Any function of `optax` that takes a `learning_rate` is accepted, or a dotted
path to one. The transformation is built inside the traced step with the
step's learning rate, a traced scalar, so its state holds no schedule count.
"""

import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core import paths, registry
from jaxsparse.core.types import PyTree

_SCALARS = (bool, int, float, str)

Optimiser = Callable[[Any, jax.Array], optax.GradientTransformation]


def names() -> tuple[str, ...]:
  """The optimisers of Optax that can be named."""
  return tuple(
    sorted(
      name
      for name, fn in inspect.getmembers(optax, inspect.isfunction)
      if 'learning_rate' in inspect.signature(fn).parameters
    )
  )


def find(spec: str | Callable[..., Any]) -> Callable[..., Any]:
  """The function that `config.optimizer.name` means.

  Raises:
    ValueError: unknown; names the nearest accepted name.
  """
  if callable(spec):
    return spec
  if '.' in spec:
    return registry.resolve(spec, 'jaxsparse.optim')
  if spec not in names():
    raise ValueError(
      f'config.optimizer.name: {spec!r} is not an optimiser of optax that'
      f' takes a learning_rate, nor a dotted path.'
      f'{paths.nearest(spec, names())}'
    )
  return getattr(optax, spec)


def hyperparameters(
  spec: str | Callable[..., Any],
) -> dict[str, inspect.Parameter]:
  """Parameters with a scalar default, besides the learning rate."""
  return {
    name: p
    for name, p in inspect.signature(find(spec)).parameters.items()
    if name == 'momentum' or isinstance(p.default, _SCALARS)
  }


def make(section: dict[str, Any], num_steps: int) -> Optimiser:
  """Builds `(member, step) -> tx` from the config section `optimizer`.

  `learning_rate` and `weight_decay` come from `member.optimizer`; the rest is
  compiled in. Where the optimiser has no weight decay of its own, it is the
  L2 term of the gradient, before any momentum; on kernels only, either way.
  """
  builder = find(section['name'])
  accepted = inspect.signature(builder).parameters
  fixed = {
    name: section[name]
    for name in hyperparameters(section['name'])
    if name != 'weight_decay' and name in section
  }
  shape = _shape(section, num_steps)

  def optimiser(member, step):
    rate = member.optimizer['learning_rate'] * shape(step)
    decay = member.optimizer['weight_decay']
    if 'weight_decay' in accepted:
      extra = {'mask': _kernels} if 'mask' in accepted else {}
      return builder(rate, weight_decay=decay, **fixed, **extra)
    return optax.chain(
      optax.add_decayed_weights(decay, mask=_kernels), builder(rate, **fixed)
    )

  return optimiser


def _kernels(params: PyTree) -> PyTree:
  return paths.map_with_path(lambda p, w: paths.kernels(p, w.shape), params)


def _shape(
  section: dict[str, Any], num_steps: int
) -> Callable[[jax.Array], jax.Array]:
  """The learning rate over its base value, as a function of step."""
  warmup = section['warmup_steps']
  if section['schedule'] == 'cosine':
    after = optax.cosine_decay_schedule(1.0, num_steps)
  elif section['schedule'] == 'piecewise':
    after = _piecewise(section['boundaries'], section['scales'], num_steps)
  else:
    after = optax.constant_schedule(1.0)

  def shape(step):
    ramp = jnp.minimum(1.0, (step + 1) / warmup) if warmup else 1.0
    return jnp.asarray(ramp * after(step), jnp.float32)

  return shape


def _piecewise(
  boundaries: tuple[float, ...], scales: tuple[float, ...], num_steps: int
) -> optax.Schedule:
  ordered = tuple(sorted(boundaries)) == boundaries
  if len(boundaries) != len(scales) or not ordered:
    raise ValueError(
      f'config.optimizer: got boundaries {boundaries} and scales {scales};'
      ' accepted are as many of one as of the other, boundaries ascending:'
      ' fractions of the run and the multiples of learning_rate from there'
    )
  steps = [int(b * num_steps) for b in boundaries]
  ratios = [b / a for a, b in zip((1.0, *scales), scales, strict=False)]
  return optax.piecewise_constant_schedule(
    1.0, dict(zip(steps, ratios, strict=True))
  )
