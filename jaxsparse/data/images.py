"""Prepared image-classification data, decoded into arrays without TensorFlow.

TFDS reads and parses the records, Pillow decodes the images. A decoded copy is
not kept on disk: 70,000 small PNGs take a few seconds, and a cache would be
one more thing that can be stale, half-written or full.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from jaxsparse.core.types import Shape
from jaxsparse.data.prepared import DataError, how_to_prepare

_MODES = {1: 'L', 3: 'RGB', 4: 'RGBA'}
_RECORDS_A_READ = 4096


def open_folder(folder: Path) -> tfds.core.DatasetBuilder:
  """The builder of a prepared folder, checked to be readable as images.

  Raises:
    DataError: files are missing, the format is not array_record, or it is
      not an image-classification data set.
  """
  for name in ('dataset_info.json', 'features.json'):
    if not (folder / name).exists():
      raise DataError(f'{folder} has no {name}: delete it and prepare it again')
  try:
    builder = tfds.builder_from_directory(folder)
  except Exception as error:  # TFDS and its parsers share no class of errors
    raise DataError(
      f'cannot open {folder}: {error} Delete it and prepare it again.'
    ) from error
  formats = {f.value for f in builder.info.available_file_formats()}
  if 'array_record' not in formats:
    raise DataError(
      f'{folder} is stored as {", ".join(sorted(formats))}; only array_record'
      f' can be read. {how_to_prepare(builder.name, "ANOTHER_DIR")}'
    )
  _check_features(builder.info)
  return builder


def num_classes(builder: tfds.core.DatasetBuilder) -> int:
  """The number of classes of an opened data set."""
  return builder.info.features[builder.info.supervised_keys[1]].num_classes


def image_shape(builder: tfds.core.DatasetBuilder) -> Shape:
  """`(h, w, c)` of an opened data set."""
  return tuple(builder.info.features[builder.info.supervised_keys[0]].shape)


def scale(builder: tfds.core.DatasetBuilder) -> float:
  """What brings the pixels of an opened data set into [0, 1]."""
  return (builder.info.metadata or {}).get('scale', 1 / 255)


def read_split(
  builder: tfds.core.DatasetBuilder, split: str
) -> tuple[np.ndarray, np.ndarray]:
  """All examples of one split.

  Args:
    builder: what `open_folder` returned.
    split: a name in `builder.info.splits`.

  Returns:
    images uint8 [n, h, w, c] and labels int32 [n], in stored order.

  Raises:
    DataError: a file is missing or damaged, or an example has no label.
  """
  image, label = builder.info.supervised_keys
  shape = builder.info.features[image].shape
  try:
    source = builder.as_data_source(
      split,
      decoders={image: tfds.decode.SkipDecoding()},
      file_format='array_record',
    )
    images = np.empty((len(source), *shape), np.uint8)
    labels = np.empty(len(source), np.int32)
    for i, example in enumerate(_examples(source)):
      images[i] = _pixels(example[image], shape)
      labels[i] = example[label]
  except (OSError, RuntimeError, IndexError) as error:
    raise DataError(
      f'cannot read split {split!r} of {builder.data_dir}: {error}.'
      ' Delete the folder and prepare it again.'
    ) from error
  if np.any(labels < 0):
    raise DataError(f'split {split!r} of {builder.data_dir} has no labels')
  return images, labels


def _examples(source: Any):
  for start in range(0, len(source), _RECORDS_A_READ):
    stop = min(start + _RECORDS_A_READ, len(source))
    yield from source.__getitems__(range(start, stop))


def _pixels(value: bytes | np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
  if isinstance(value, bytes):
    picture = Image.open(io.BytesIO(value)).convert(_MODES[shape[-1]])
    return np.asarray(picture).reshape(shape)
  return value


def _check_features(info: tfds.core.DatasetInfo) -> None:
  """One image of a fixed shape and one class label, as `supervised_keys`."""
  keys = info.supervised_keys
  if keys and len(keys) == 2:
    image, label = (info.features[key] for key in keys)
    if (
      isinstance(label, tfds.features.ClassLabel)
      and isinstance(image, tfds.features.Tensor | tfds.features.Image)
      and image.np_dtype == np.uint8
      and len(image.shape) == 3
      and None not in image.shape
      and image.shape[-1] in _MODES
    ):
      return
  raise DataError(
    f'data set {info.name!r} is not one of images of one shape, uint8'
    f' [h, w, c], with one class label each: its features are'
    f' {dict(info.features)}, its supervised_keys {keys}'
  )
