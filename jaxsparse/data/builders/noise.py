"""`noise`: images without content, where their shape is all that matters.

What a net does at initialisation depends on the shape of its inputs and not on
what they show. Evci et al. 2022, "Gradient Flow in Sparse Neural Networks and
How Lottery Tickets Win", plot signals of LeNet5 for noise of this shape. It is
made here, and so small that a run on it costs next to nothing.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

SHAPE = (28, 28, 3)
CLASSES = 10
_SIZES = {'train': 600, 'test': 100}


class Noise(tfds.core.GeneratorBasedBuilder):
  """TFDS builder of `noise`: uint8 images [28, 28, 3], 10 classes.

  Bytes and labels are uniformly random, independent of one another, and the
  same wherever it is prepared.
  """

  VERSION = tfds.core.Version('1.0.0')
  RELEASE_NOTES = {'1.0.0': '600 images to train on, 100 to test on.'}

  def _info(self) -> tfds.core.DatasetInfo:
    return tfds.core.DatasetInfo(
      builder=self,
      description='Images of uniformly random bytes with random labels.',
      features=tfds.features.FeaturesDict(
        {
          'image': tfds.features.Tensor(shape=SHAPE, dtype=np.uint8),
          'label': tfds.features.ClassLabel(num_classes=CLASSES),
        }
      ),
      supervised_keys=('image', 'label'),
    )

  def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[Any]]:
    del dl_manager
    return {
      split: self._generate_examples(seed, size)
      for seed, (split, size) in enumerate(_SIZES.items())
    }

  def _generate_examples(self, seed: int, size: int):
    random = np.random.default_rng(seed)
    for i in range(size):
      image = random.integers(256, size=SHAPE, dtype=np.uint8)
      yield i, {'image': image, 'label': int(random.integers(CLASSES))}
