"""Preprocessing of images by the config section `data`, after reading."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.fields import Plain
from jaxsparse.core import registry
from jaxsparse.core.types import PyTree, Shape
from jaxsparse.data import pixels as pixels_lib
from jaxsparse.data.pixels import Augmentation, Pixels
from jaxsparse.training.state import Augment, as_it_is

# A side in pixels, larger than that of any image.
_LARGE = 2**15

# Fields of images alone; for text they keep their defaults, which are falsy.
_OF_PIXELS = ('mean', 'std', 'standardize', 'augment')

# Augmentations in their order, each with its own fields.
Chosen = tuple[tuple[config_lib.Named, tuple[tuple[str, Any], ...]], ...]


def pixels(section: Plain, scale: float | None) -> Pixels:
  """Returns the scaling and normalisation of pixels.

  Args:
    section: of a settled config.
    scale: the scale of the data set.
  """
  return Pixels(scale, section['mean'], section['std'], section['standardize'])


def chosen(section: Plain) -> Chosen:
  """Returns the augmentations of a settled config; hashable.

  Raises:
    ValueError: an unknown augmentation.
  """
  return tuple(
    (spec, tuple(sorted(_options(section, spec).items())))
    for spec in section['augment']
  )


def _options(section: Plain, spec: config_lib.Named) -> dict[str, Any]:
  """Returns the section's values for the parameters of an augmentation."""
  fn = _find(spec)
  fields = {p: f'{fn.__name__}_{p}' for p in registry.parameters(fn)}
  return {p: section[f] for p, f in fields.items() if f in section}


def _said(section: Plain) -> dict[str, Augmentation]:
  """Maps each field unlike its default to its augmentation with it alone."""
  changed: dict[str, Augmentation] = {}
  for name in registry.names(config_lib.AUGMENTATIONS):
    fn, options = _find(name), _options(section, name)
    usual = registry.parameters(fn)
    for p, value in options.items():
      if value != usual[p].default:
        changed[f'{name}_{p}'] = functools.partial(fn, **{p: value})
  return changed


@functools.lru_cache(maxsize=32)
def augment(chosen: Chosen) -> Augment:
  """Returns `(batch, key) -> batch`, which augments a training batch."""
  if not chosen:
    return as_it_is
  functions = _functions(chosen)

  def augment(batch: PyTree, key: jax.Array) -> PyTree:
    images = pixels_lib.augmented(batch['image'], key, functions)
    return batch | {'image': images}

  return augment


def check(section: Plain, image_shape: Shape) -> None:
  """Checks for errors that the first batch would raise; computes nothing.

  Args:
    section: of a settled config.
    image_shape: `(h, w, c)`, or `(t,)` of text, which is not preprocessed.

  Raises:
    ValueError: names the wrong field, its value, and what is accepted.
  """
  if len(image_shape) == 1:
    _check_text(section)
    return
  try:
    pixels_lib.check(pixels(section, 1.0), image_shape[-1])
  except ValueError as error:
    raise ValueError(f'config.data: {error}') from None
  functions = _functions(chosen(section))
  if len(functions) < len(section['augment']):
    _refuse(section, 'each once')
  # Fields of an augmentation that is not chosen may be for other images.
  for field, function in _said(section).items():
    _traced(field, function, (_LARGE, _LARGE, image_shape[-1]))
  for name, function in functions.items():
    augmented = _traced(f'augment ({name})', function, image_shape)
    if (augmented.shape, augmented.dtype) != ((2, *image_shape), jnp.float32):
      _refuse(section, f'what keeps shape and dtype; {name} does not')


def _check_text(section: Plain) -> None:
  """Raises `ValueError` for all fields that would be ignored silently."""
  fields = [*filter(section.get, _OF_PIXELS), *_said(section)]
  if fields:
    usual = config_lib.plain(config_lib.default_config())['data']
    actual, accepted = (
      ', '.join(f'{field} {values[field]!r}' for field in fields)
      for values in (section, usual)
    )
    raise ValueError(
      f'config.data: got {actual}, and {section["name"]!r} is text; accepted is'
      f' what images alone need left as it is: {accepted}'
    )


def _traced(
  field: str, function: Augmentation, image_shape: Shape
) -> jax.ShapeDtypeStruct:
  images = jax.ShapeDtypeStruct((2, *image_shape), jnp.float32)
  try:
    return jax.eval_shape(function, images, jax.random.key(0))
  except (OverflowError, TypeError, ValueError) as error:
    raise ValueError(f'config.data.{field}: {error}') from None


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
