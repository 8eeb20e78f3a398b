"""What the config section `data` has done to images, but for reading them."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.core import registry
from jaxsparse.core.types import PyTree, Shape
from jaxsparse.data import pixels as pixels_lib
from jaxsparse.data.pixels import Augmentation, Pixels
from jaxsparse.experiments import config as config_lib
from jaxsparse.experiments.fields import Plain
from jaxsparse.training.step import Augment, as_it_is

# Augmentations in their order, each with the fields that are its own.
Chosen = tuple[tuple[config_lib.Named, tuple[tuple[str, Any], ...]], ...]


def pixels(section: Plain, scale: float | None) -> Pixels:
  """How pixels are scaled.

  Args:
    section: of a settled config.
    scale: that of the data set.
  """
  return Pixels(scale, section['mean'], section['std'], section['standardize'])


def chosen(section: Plain) -> Chosen:
  """The augmentations of a settled config; hashable.

  Raises:
    ValueError: one that is not known.
  """
  return tuple(
    (spec, tuple(sorted(_options(section, spec).items())))
    for spec in section['augment']
  )


def _options(section: Plain, spec: config_lib.Named) -> dict[str, Any]:
  """What the section says of the parameters of an augmentation."""
  fn = _find(spec)
  fields = {p: f'{fn.__name__}_{p}' for p in registry.parameters(fn)}
  return {p: section[f] for p, f in fields.items() if f in section}


def _idle(section: Plain) -> dict[str, Augmentation]:
  """Augmentations that are not asked for, but something is said of."""
  found: dict[str, Augmentation] = {}
  for name in registry.names(config_lib.AUGMENTATIONS):
    fn, options = _find(name), _options(section, name)
    usual = registry.parameters(fn)
    if any(value != usual[p].default for p, value in options.items()):
      found[name] = functools.partial(fn, **options)
  return found


@functools.lru_cache(maxsize=32)
def augment(chosen: Chosen) -> Augment:
  """What training does to a batch of its own."""
  if not chosen:
    return as_it_is
  functions = _functions(chosen)

  def augment(batch: PyTree, key: jax.Array) -> PyTree:
    images = pixels_lib.augmented(batch['image'], key, functions)
    return batch | {'image': images}

  return augment


def check(section: Plain, image_shape: Shape) -> None:
  """Refuses what would fail when the first batch is made; computes nothing.

  Args:
    section: of a settled config.
    image_shape: `(h, w, c)`, or `(t,)` of text, which is taken as it is.

  Raises:
    ValueError: what was got, what is accepted, at which field.
  """
  if len(image_shape) == 1:
    for field in ('mean', 'std', 'standardize', 'augment'):
      if section[field]:
        raise ValueError(
          f'config.data.{field}: got {section[field]!r}, and'
          f' {section["name"]!r} is text; accepted is what images alone need'
          ' left out'
        )
    return
  try:
    pixels_lib.check(pixels(section, 1.0), image_shape[-1])
  except ValueError as error:
    raise ValueError(f'config.data: {error}') from None
  images = jax.ShapeDtypeStruct((2, *image_shape), jnp.float32)
  functions = _functions(chosen(section))
  if len(functions) < len(section['augment']):
    _refuse(section, 'each once')
  for name, function in (_idle(section) | functions).items():
    try:
      made = jax.eval_shape(function, images, jax.random.key(0))
    except (OverflowError, TypeError, ValueError) as error:
      raise ValueError(f'config.data.augment ({name}): {error}') from None
    if (made.shape, made.dtype) != (images.shape, images.dtype):
      _refuse(section, f'what keeps shape and dtype; {name} does not')


def _refuse(section: Plain, accepted: str) -> None:
  raise ValueError(
    f'config.data.augment: got {section["augment"]}; accepted is {accepted}'
  )


def _functions(chosen: Chosen) -> dict[str, Augmentation]:
  return {
    _find(spec).__name__: functools.partial(_find(spec), **dict(options))
    for spec, options in chosen
  }


def _find(spec: config_lib.Named) -> Any:
  try:
    return registry.resolve(spec, config_lib.AUGMENTATIONS)
  except (AttributeError, TypeError, ValueError) as error:
    raise ValueError(f'config.data.augment: {error}') from None
