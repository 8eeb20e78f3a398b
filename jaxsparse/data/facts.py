"""Facts of a data set, known before it is prepared.

`describe(name)` returns sizes, the shape of an example and the number of
classes: of a prepared folder if there is one, else of a small table. From its
`Facts` come two stand-ins for the data:

    facts = describe('imagenet2012', data_dir='/not/there')
    abstract(facts)             a `Dataset` of shapes and dtypes, no pixels:
                                enough for steps an epoch, parameter shapes,
                                `jax.eval_shape` of a step
    fake(facts, key, 256)       a `Split` of 256 made-up examples, to be run
"""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxsparse.core.types import Shape
from jaxsparse.data import images as images_lib
from jaxsparse.data import text
from jaxsparse.data.datasets import (
  Dataset,
  Split,
  held_out,
  streams,
  validation_size,
)
from jaxsparse.data.prepared import DataError, Spec, locate


class Facts(NamedTuple):
  """Sizes, shapes and classes of a data set of images or of text.

  Attributes:
    name: its TFDS name.
    train, validation, test: examples of each split, as `datasets.load` cuts
      them; `validation` is 0 where nothing is cut.
    image_shape: `(h, w, c)` of an image as the model sees it; `(t,)` of a
      sequence of characters.
    num_classes: labels are in [0, num_classes).
    scale: images * scale is in [0, 1]; None for text.
    prepared: whether the data are on this machine.
  """

  name: str
  train: int
  validation: int
  test: int
  image_shape: Shape
  num_classes: int
  scale: float | None
  prepared: bool

  @property
  def label_shape(self) -> Shape:
    """Shape of an example's labels: () of an image, one a character of text."""
    return () if self.scale else self.image_shape


# Name -> train, test, shape of an image, classes. The labels of ImageNet's
# test split are not public, so its validation split is the one to test on.
_KNOWN: dict[str, tuple[int, int, Shape, int]] = {
  'cifar10': (50_000, 10_000, (32, 32, 3), 10),
  'cifar100': (50_000, 10_000, (32, 32, 3), 100),
  'imagenet2012': (1_281_167, 50_000, (224, 224, 3), 1000),
  'mnist': (60_000, 10_000, (28, 28, 1), 10),
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
) -> Facts:
  """Describes what `datasets.load` would return, without reading an example.

  Only a text of TFDS is read, as its number of characters is not recorded.

  Args:
    name: as for `datasets.load`; `imagenet2012`, `cifar10`, `cifar100`,
      `mnist`, `tiny_shakespeare` and `wikitext103` need not be prepared.
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
  try:
    folder = locate(name, data_dir)
  except DataError:
    base = str(name).replace(':', '/').split('/')[0]
    if base in _TEXTS:
      text.check(name, validation, source, image_size, sequence_length)
      return _of_text(base, _TEXTS[base], sequence_length, False)
    if base not in _KNOWN:
      raise
    text.check_none(name, sequence_length)
    facts = Facts(base, *_of_table(base, image_size), 1 / 255, False)
    return _cut(facts, validation)
  builder = text.opened(folder)
  if isinstance(builder, text.Text):
    text.check(name, validation, source, image_size, sequence_length)
    sizes = {split: len(chars) for split, chars in text.read(builder).items()}
    return _of_text(str(name), sizes, sequence_length, True)
  text.check_none(name, sequence_length)
  images_lib.check(builder.info)
  streams(builder, source, image_size)
  splits = builder.info.splits
  facts = Facts(
    builder.name,
    splits['train'].num_examples,
    0,
    splits[held_out(builder)].num_examples,
    images_lib.image_shape(builder, image_size),
    images_lib.num_classes(builder),
    images_lib.scale(builder),
    True,
  )
  return _cut(facts, validation)


def _of_text(
  name: str, sizes: Mapping[str, int], length: int, prepared: bool
) -> Facts:
  counts = text.examples(name, sizes, length)
  return Facts(
    name,
    counts['train'],
    counts.get('validation', 0),
    counts['test'],
    (length,),
    text.CHARACTERS,
    None,
    prepared,
  )


def _of_table(name: str, image_size: int) -> tuple[int, int, int, Shape, int]:
  train, test, shape, classes = _KNOWN[name]
  if image_size:
    shape = (image_size, image_size, shape[-1])
  return train, 0, test, shape, classes


def _cut(whole: Facts, validation: int | float) -> Facts:
  count = validation_size(validation, whole.train)
  return whole._replace(train=whole.train - count, validation=count)


def abstract(facts: Facts) -> Dataset:
  """Returns a `Dataset` of `jax.ShapeDtypeStruct`s: nothing is read."""

  def split(size: int) -> Split:
    images: Any = jax.ShapeDtypeStruct((size, *facts.image_shape), np.uint8)
    labels: Any = jax.ShapeDtypeStruct((size, *facts.label_shape), np.int32)
    return Split(images, labels)

  return Dataset(
    name=facts.name,
    num_classes=facts.num_classes,
    train=split(facts.train),
    validation=split(facts.validation) if facts.validation else None,
    test=split(facts.test),
    scale=facts.scale,
  )


def fake(facts: Facts, key: jax.Array, size: int) -> Split:
  """Draws random examples on the device: the right shapes, nothing to learn.

  Args:
    facts: whose shapes and classes to take.
    key: the same key gives the same examples.
    size: the number of examples, >= 1.

  Returns:
    images uint8 [size, *image_shape], uniform in [0, 255], and labels int32
    [size, *label_shape], uniform over the classes.

  Raises:
    ValueError: `size` is below 1.
  """
  if size < 1:
    raise ValueError(f'size is {size}; accepted is >= 1')
  of_images, of_labels = jax.random.split(key)
  images: Any = jax.random.bits(of_images, (size, *facts.image_shape), np.uint8)
  labels: Any = jax.random.randint(
    of_labels, (size, *facts.label_shape), 0, facts.num_classes, np.int32
  )
  return Split(images, labels)
