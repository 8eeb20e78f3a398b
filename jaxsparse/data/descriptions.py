"""Data sets without their examples.

`describe(name)` returns shapes and dtypes of a data set, prepared or not: sizes
are those of a prepared folder if there is one, else of a small table. `noise`
puts random examples in place of a data set's own:

    described = describe('imagenet2012', data_dir='/not/there')
    described.train.images.shape    (1281167, 224, 224, 3), of no pixels
    noise(described, 6).train       a `Split` of 6 random examples
"""

import os
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jaxsparse.core.types import Shape
from jaxsparse.data import array_origins, text
from jaxsparse.data import images as images_lib
from jaxsparse.data.datasets import (
  Dataset,
  Split,
  load,
  read_info,
  streams,
)
from jaxsparse.data.prepared import Spec, locate
from jaxsparse.data.splits import ranges, validation_size
from jaxsparse.errors import DataError

# Name -> train, test, shape of an image, classes. The labels of ImageNet's
# test split are not public, so its validation split is the one to test on.
_KNOWN: dict[str, tuple[int, int, Shape, int]] = {
  'cifar10': (50_000, 10_000, (32, 32, 3), 10),
  'cifar100': (50_000, 10_000, (32, 32, 3), 100),
  'fashion_mnist': (60_000, 10_000, (28, 28, 1), 10),
  'imagenet2012': (1_281_167, 50_000, (224, 224, 3), 1000),
  'mnist': (60_000, 10_000, (28, 28, 1), 10),
  'tiny_imagenet': (100_000, 10_000, (64, 64, 3), 200),
}
# Name -> characters of each split; those of WikiText-103 (raw) to two digits.
_TEXTS = {
  'tiny_shakespeare': {
    'train': 1_003_854,
    'validation': 55_770,
    'test': 55_770,
  },
  'wikitext103': {
    'train': 540_000_000,
    'validation': 1_100_000,
    'test': 1_300_000,
  },
}


def describe(
  name: Spec,
  *,
  data_dir: str | os.PathLike[str] | None = None,
  validation: int | float = 0,
  source: str = 'auto',
  image_size: int = 0,
  sequence_length: int = 0,
) -> Dataset:
  """Returns what `datasets.load` would, of `jax.ShapeDtypeStruct`s.

  Only arrays of the user's own are read, and a text of TFDS, as its number of
  characters is not recorded.

  Args:
    name: as for `datasets.load`; `imagenet2012`, `tiny_imagenet`, `cifar10`,
      `cifar100`, `mnist`, `fashion_mnist`, `tiny_shakespeare` and
      `wikitext103` need not be prepared.
    data_dir: the TFDS data folder; None for TFDS's default.
    validation: how much of the train split is cut off, as for
      `datasets.load`.
    source: likewise.
    image_size: likewise.
    sequence_length: likewise.

  Raises:
    DataError: the data set is neither prepared nor in the table, or
      `datasets.load` would refuse it.
  """
  if array_origins.find(name, data_dir) is not None:
    return _abstracted(
      load(
        name,
        data_dir=data_dir,
        validation=validation,
        source=source,
        image_size=image_size,
        sequence_length=sequence_length,
      )
    )
  base = str(name).replace(':', '/').split('/')[0]
  try:
    folder = locate(name, data_dir, prepare=base not in _KNOWN)
  except DataError:
    if base in _TEXTS:
      text.check(name, validation, source, image_size, sequence_length)
      return _of_text(base, _TEXTS[base], sequence_length, prepared=False)
    if base not in _KNOWN:
      raise
    text.check_none(name, sequence_length)
    train, test, shape, classes = _KNOWN[base]
    if image_size:
      shape = (image_size, image_size, shape[-1])
    sizes = _cut(train, test, validation)
    return _abstract(base, sizes, shape, classes, 1 / 255, prepared=False)
  info = read_info(folder, image_size)
  if isinstance(info, text.Text):
    text.check(name, validation, source, image_size, sequence_length)
    sizes = {split: len(chars) for split, chars in text.read(info).items()}
    return _of_text(str(name), sizes, sequence_length, prepared=True)
  text.check_none(name, sequence_length)
  streams(info, source, image_size)
  splits = ranges(info, validation)
  return _abstract(
    info.name,
    {split: end - begin for split, (_, begin, end) in splits.items()},
    images_lib.seen_shape(info.shape, image_size),
    info.num_classes,
    info.scale,
    prepared=True,
  )


def _of_text(
  name: str, characters: Mapping[str, int], length: int, *, prepared: bool
) -> Dataset:
  sizes = text.examples(name, characters, length)
  return _abstract(
    name, sizes, (length,), text.CHARACTERS, None, prepared=prepared
  )


def _cut(train: int, test: int, validation: int | float) -> dict[str, int]:
  cut = validation_size(validation, train)
  return {'train': train - cut, 'validation': cut, 'test': test}


def _abstract(
  name: str,
  sizes: Mapping[str, int],
  shape: Shape,
  classes: int,
  scale: float | None,
  *,
  prepared: bool,
) -> Dataset:
  """Returns a data set of shapes; that of an example is `shape`."""
  of_label: tuple[Shape, Any] = ((), np.int32)
  if scale is None:  # Each character has one.
    of_label = (shape, np.int16)
  label_shape, label_dtype = of_label

  def split(name: str) -> Split:
    images: Any = jax.ShapeDtypeStruct((sizes[name], *shape), np.uint8)
    labels: Any = jax.ShapeDtypeStruct((sizes[name], *label_shape), label_dtype)
    return Split(images, labels)

  return Dataset(
    name=name,
    num_classes=classes,
    train=split('train'),
    validation=split('validation') if sizes.get('validation') else None,
    test=split('test'),
    scale=scale,
    prepared=prepared,
  )


def _abstracted(dataset: Dataset) -> Dataset:
  """Returns a data set with shapes and dtypes in place of its arrays."""

  def split(arrays: Split) -> Split:
    shapes: Any = (jax.ShapeDtypeStruct(a.shape, a.dtype) for a in arrays)
    return Split(*shapes)

  return dataset._replace(
    train=split(dataset.train),
    validation=dataset.validation and split(dataset.validation),
    test=split(dataset.test),
    fingerprint={},
  )


def noise(dataset: Dataset, size: int, *, seed: int = 0) -> Dataset:
  """Returns `dataset` with random examples in place of its own.

  Args:
    dataset: with examples or without.
    size: the number of examples of each split, >= 1.
    seed: the same one gives the same examples.

  Returns:
    Images are uint8, uniform in [0, 255], or characters, or floats in [0, 1);
    labels are uniform over the classes.

  Raises:
    ValueError: `size` is below 1.
  """
  if size < 1:
    raise ValueError(f'size is {size}; accepted is >= 1')
  rng, classes = np.random.default_rng(seed), dataset.num_classes

  def split(like: Split) -> Split:
    images, labels = ((size, *array.shape[1:]) for array in like)
    return Split(
      rng.random(images, np.float32)
      if like.images.dtype == np.float32
      else rng.integers(256, size=images, dtype=np.uint8),
      rng.integers(classes, size=labels).astype(like.labels.dtype),
    )

  return dataset._replace(
    train=split(dataset.train),
    validation=dataset.validation and split(dataset.validation),
    test=split(dataset.test),
    fingerprint={},
  )
