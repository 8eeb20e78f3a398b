"""The data set of the config section `data`, or a description of it."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.config.fields import Plain
from jaxsparse.data import datasets
from jaxsparse.data.descriptions import describe as describe_data

# The fields that determine what is read.
_FIELDS = (
  *('name', 'dir', 'validation', 'source', 'image_size'),
  'sequence_length',
)


def dataset(section: Plain) -> datasets.Dataset:
  """Loads the data set of a resolved section `data`.

  Raises:
    ValueError: it cannot be read.
  """
  return _loaded(*_where(section))


def describe(section: Plain) -> datasets.Dataset:
  """Returns shapes in place of the data set, which may be absent.

  Raises:
    ValueError: nothing is known about it.
  """
  return _described(*_where(section))


def _where(section: Plain) -> tuple[Any, ...]:
  return tuple(section[field] for field in _FIELDS)


@functools.lru_cache(maxsize=8)
def _loaded(*where: Any) -> datasets.Dataset:
  """Loads and caches, as consecutive runs mostly use one data set."""
  return _known(datasets.load, *where)


@functools.lru_cache(maxsize=8)
def _described(*where: Any) -> datasets.Dataset:
  return _known(describe_data, *where)


def _known(
  look: Callable[..., Any],
  name: str,
  data_dir: str,
  validation: float,
  source: str,
  image_size: int,
  sequence_length: int,
) -> Any:
  try:
    return look(
      name,
      data_dir=data_dir or None,
      validation=_validation(validation),
      source=source,
      image_size=image_size,
      sequence_length=sequence_length,
    )
  except ValueError as error:
    raise ValueError(f'config.data: {error}') from None


def _validation(value: float) -> int | float:
  """Returns an int, a count, for a whole number of 1 or more."""
  return int(value) if value >= 1 and value.is_integer() else value


def example(
  dataset: datasets.Dataset,
) -> tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct]:
  """Returns an abstract batch of one: float32 `[1, h, w, c]`, and its label."""
  images, labels = ((1, *array.shape[1:]) for array in dataset.train)
  dtype = jnp.int32 if dataset.scale is None else jnp.float32
  return (
    jax.ShapeDtypeStruct(images, dtype),
    jax.ShapeDtypeStruct(labels, jnp.int32),
  )


def eval_split(name: str, dataset: datasets.Dataset) -> datasets.Split:
  """Returns the split of the evaluations during training.

  Args:
    name: `config.eval.split`; 'auto' is validation where there is one.
    dataset: of the run.

  Raises:
    ValueError: there is no such split.
  """
  if name == 'validation' and dataset.validation is None:
    raise ValueError(
      'config.eval.split: got validation, but config.data.validation is 0'
    )
  if name == 'test' or dataset.validation is None:
    return dataset.test
  return dataset.validation
