"""Preprocessing of images by the config section `data`, after reading."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.config import defaults as config_lib
from jaxsparse.config import dicts
from jaxsparse.config.run_config import DataConfig, Named
from jaxsparse.core import registry
from jaxsparse.core.types import PyTree, Shape
from jaxsparse.data import pixels as pixels_lib
from jaxsparse.data.pixels import Augmentation, Pixels
from jaxsparse.training.state import Augment, as_it_is

# A side in pixels, larger than that of any image.
_LARGE = 2**15

# Fields of images alone; for text they keep their defaults, which are falsy.
_OF_PIXELS = ('mean', 'std', 'standardize', 'augment')


def pixels(data: DataConfig, scale: float | None) -> Pixels:
  """Returns the scaling and normalisation of pixels.

  Args:
    data: the section of a config.
    scale: the scale of the data set.
  """
  return Pixels(scale, data.mean, data.std, data.standardize)


def _options(data: DataConfig, spec: Named) -> dict[str, Any]:
  """Returns the section's values for the parameters of an augmentation."""
  fn, values = _find(spec), data.hyperparameters
  fields = {p: f'{fn.__name__}_{p}' for p in registry.parameters(fn)}
  return {p: values[f] for p, f in fields.items() if f in values}


def _changed(data: DataConfig) -> dict[str, Augmentation]:
  """Maps each field unlike its default to its augmentation with it alone."""
  changed: dict[str, Augmentation] = {}
  for name in registry.names(config_lib.AUGMENTATIONS):
    fn, options = _find(name), _options(data, name)
    usual = registry.parameters(fn)
    for p, value in options.items():
      if value != usual[p].default:
        changed[f'{name}_{p}'] = functools.partial(fn, **{p: value})
  return changed


@functools.cache
def augment(data: DataConfig) -> Augment:
  """Returns `(batch, key) -> batch`, which augments a training batch.

  Raises:
    ValueError: an unknown augmentation.
  """
  functions = _functions(data)
  if not functions:
    return as_it_is

  def augment(batch: PyTree, key: jax.Array) -> PyTree:
    images = pixels_lib.augmented(batch['image'], key, functions)
    return batch | {'image': images}

  return augment


def check(data: DataConfig, image_shape: Shape) -> None:
  """Checks for errors that the first batch would raise; computes nothing.

  Args:
    data: the section of a config.
    image_shape: `(h, w, c)`, or `(t,)` of text, which is not preprocessed.

  Raises:
    ValueError: names the wrong field, its value, and what is accepted.
  """
  if len(image_shape) == 1:
    _check_text(data)
    return
  try:
    pixels_lib.check(pixels(data, 1.0), image_shape[-1])
  except ValueError as error:
    raise ValueError(f'config.data: {error}') from None
  functions = _functions(data)
  if len(functions) < len(data.augment):
    _refuse(data, 'each once')
  # Fields of an augmentation that is not chosen may be for other images.
  for field, function in _changed(data).items():
    _traced(field, function, (_LARGE, _LARGE, image_shape[-1]))
  for name, function in functions.items():
    augmented = _traced(f'augment ({name})', function, image_shape)
    if (augmented.shape, augmented.dtype) != ((2, *image_shape), jnp.float32):
      _refuse(data, f'what keeps shape and dtype; {name} does not')


def _check_text(data: DataConfig) -> None:
  """Raises `ValueError` for all fields that would be ignored silently."""
  values = dicts.to_dict(data)
  fields = [*filter(values.get, _OF_PIXELS), *_changed(data)]
  if fields:
    actual, accepted = (
      ', '.join(f'{field} {held[field]!r}' for field in fields)
      for held in (values, config_lib.nested_defaults()['data'])
    )
    raise ValueError(
      f'config.data: got {actual}, and {data.name!r} is text; accepted is'
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


def _refuse(data: DataConfig, accepted: str) -> None:
  raise ValueError(
    f'config.data.augment: got {data.augment}; accepted is {accepted}'
  )


def _functions(data: DataConfig) -> dict[str, Augmentation]:
  return {
    _find(spec).__name__: functools.partial(_find(spec), **_options(data, spec))
    for spec in data.augment
  }


def _find(spec: Named) -> Any:
  try:
    return registry.resolve(spec, config_lib.AUGMENTATIONS)
  except (AttributeError, TypeError, ValueError) as error:
    raise ValueError(f'config.data.augment: {error}') from None
