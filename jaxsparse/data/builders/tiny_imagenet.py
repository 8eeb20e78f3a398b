"""`tiny_imagenet`: 64x64 photographs of 200 classes of ImageNet.

Le and Yang 2015, "Tiny ImageNet Visual Recognition Challenge". It is prepared
from the folder `tiny-imagenet-200` in the data folder, as it is distributed:

    wnids.txt                       the classes
    train/<class>/images/*.JPEG     500 images each
    val/images/*.JPEG               50 images of each class
    val/val_annotations.txt         file, class, and a box, which is not read

The labels of its test images are not public, so the validation split is the
one to test on.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from etils import epath

from jaxsparse.errors import DataError

FOLDER = 'tiny-imagenet-200'
URL = 'http://cs231n.stanford.edu/tiny-imagenet-200.zip'

_CLASSES = 200


class TinyImagenet(tfds.core.GeneratorBasedBuilder):
  """TFDS builder of `tiny_imagenet`: uint8 images [64, 64, 3], 200 classes.

  Labels number the classes in the order of their names; grey images have three
  equal channels.
  """

  VERSION = tfds.core.Version('1.0.0')
  RELEASE_NOTES = {'1.0.0': 'Images as they are distributed.'}

  def _info(self) -> tfds.core.DatasetInfo:
    return tfds.core.DatasetInfo(
      builder=self,
      description='Photographs of 200 classes of ImageNet, of 64x64 pixels.',
      homepage=URL,
      features=tfds.features.FeaturesDict(
        {
          'image': tfds.features.Image(
            shape=(64, 64, 3), dtype=np.uint8, encoding_format='jpeg'
          ),
          'label': tfds.features.ClassLabel(num_classes=_CLASSES),
        }
      ),
      supervised_keys=('image', 'label'),
    )

  def download_and_prepare(self, **options: Any) -> None:
    """Prepares the data set, if there is what to prepare it from.

    Raises:
      DataError: there is no folder `FOLDER`; nothing was written.
    """
    folder = self.data_dir_root / FOLDER
    if not folder.is_dir():
      raise DataError(
        f'there is no {folder}, which tiny_imagenet is prepared from; accepted'
        f' is {FOLDER!r} in data_dir, unpacked from {URL}'
      )
    super().download_and_prepare(**options)

  def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[Any]]:
    del dl_manager
    folder = self.data_dir_root / FOLDER
    classes = sorted((folder / 'wnids.txt').read_text().split())
    label_of = {name: label for label, name in enumerate(classes)}
    train = [
      (path, label_of[name])
      for name in classes
      for path in _images(folder / 'train' / name / 'images')
    ]
    lines = (folder / 'val' / 'val_annotations.txt').read_text().splitlines()
    validation = [
      (folder / 'val' / 'images' / file, label_of[name])
      for file, name, *_ in map(str.split, lines)
    ]
    return {
      'train': self._generate_examples(train),
      'validation': self._generate_examples(validation),
    }

  def _generate_examples(self, labelled: Iterable[tuple[epath.Path, int]]):
    for path, label in labelled:
      yield path.name, {'image': path, 'label': label}


def _images(folder: epath.Path) -> list[epath.Path]:
  """Lists the images of a class."""
  images = sorted(folder.glob('*.JPEG'))
  if not images:
    raise DataError(f'{folder} has no images; accepted are *.JPEG')
  return images
