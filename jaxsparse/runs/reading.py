"""The data set of the config section `data`, or a description of it."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.config.run_config import DataConfig
from jaxsparse.data import datasets
from jaxsparse.data.descriptions import describe as describe_data


def dataset(data: DataConfig) -> datasets.Dataset:
  """Loads the data set of the config section `data`.

  Raises:
    ValueError: it cannot be read.
  """
  return _loaded(_read_fields(data))


def describe(data: DataConfig) -> datasets.Dataset:
  """Returns shapes in place of the data set, which may be absent.

  Raises:
    ValueError: nothing is known about it.
  """
  return _described(_read_fields(data))


def _read_fields(data: DataConfig) -> DataConfig:
  """Returns the section with the fields alone that determine what is read."""
  return DataConfig(
    name=data.name,
    dir=data.dir,
    validation=data.validation,
    source=data.source,
    image_size=data.image_size,
    sequence_length=data.sequence_length,
  )


@functools.lru_cache(maxsize=8)
def _loaded(data: DataConfig) -> datasets.Dataset:
  """Loads and caches, as consecutive runs mostly use one data set."""
  return _read(datasets.load, data)


@functools.lru_cache(maxsize=8)
def _described(data: DataConfig) -> datasets.Dataset:
  return _read(describe_data, data)


def _read(read: Callable[..., Any], data: DataConfig) -> Any:
  try:
    return read(
      data.name,
      data_dir=data.dir or None,
      validation=_validation(data.validation),
      source=data.source,
      image_size=data.image_size,
      sequence_length=data.sequence_length,
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
