"""`digits`: 1,797 real 8x8 images that ship with scikit-learn.

The test set of the UCI data set 'Optical Recognition of Handwritten Digits'
(Alpaydin and Kaynak 1998), as `sklearn.datasets.load_digits` returns it. It
needs no download, so a first run works anywhere.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

_TEST_EVERY = 5


def is_test(labels: np.ndarray) -> np.ndarray:
  """Marks the test examples: in each class every fifth, from the fifth.

  Stratified and fixed, without a random number: of the n images of a class,
  floor(n / 5) are test images.

  Args:
    labels: int [n], in the order of `sklearn.datasets.load_digits`.

  Returns:
    bool [n].
  """
  rank = np.zeros(len(labels), np.int64)
  for label in np.unique(labels):
    members = labels == label
    rank[members] = np.arange(np.count_nonzero(members))
  return rank % _TEST_EVERY == _TEST_EVERY - 1


class Digits(tfds.core.GeneratorBasedBuilder):
  """TFDS builder of `digits`: uint8 images [8, 8, 1] in 0..16, 10 classes.

  Within a split TFDS stores the examples in a pseudo-random order that is
  always the same, so a slice of a split is a fair sample of it.
  """

  VERSION = tfds.core.Version('1.0.0')
  RELEASE_NOTES = {'1.0.0': 'Every fifth image of a class is a test image.'}

  def _info(self) -> tfds.core.DatasetInfo:
    return tfds.core.DatasetInfo(
      builder=self,
      description='8x8 grey images of handwritten digits, values 0 to 16.',
      homepage='https://doi.org/10.24432/C50P49',
      features=tfds.features.FeaturesDict(
        {
          'image': tfds.features.Tensor(shape=(8, 8, 1), dtype=np.uint8),
          'label': tfds.features.ClassLabel(num_classes=10),
        }
      ),
      supervised_keys=('image', 'label'),
      metadata=tfds.core.MetadataDict(scale=1 / 16),
    )

  def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[Any]]:
    del dl_manager
    # Imported here: a run on prepared data needs no scikit-learn, and its
    # import takes longer than the rest of the preparation.
    from sklearn.datasets import load_digits

    digits = load_digits()
    test = is_test(digits.target)
    return {
      'train': self._generate_examples(digits, np.flatnonzero(~test)),
      'test': self._generate_examples(digits, np.flatnonzero(test)),
    }

  def _generate_examples(self, digits: Any, indices: np.ndarray):
    for i in indices.tolist():
      image = digits.images[i].astype(np.uint8)[..., None]
      yield i, {'image': image, 'label': int(digits.target[i])}
