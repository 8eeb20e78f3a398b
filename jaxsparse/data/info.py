"""What is known of a prepared data set without its examples."""

from collections.abc import Mapping
from typing import NamedTuple


class SplitInfo(NamedTuple):
  """A split of a prepared data set, as in `tfds.core.SplitInfo`."""

  name: str
  num_examples: int
  filenames: tuple[str, ...]
  shard_lengths: tuple[int, ...]
  num_bytes: int


class Info(NamedTuple):
  """A data set of images with one class label each, or of text.

  Attributes:
    name: its TFDS name, or the path of a folder of image files.
    splits: by name.
    shape: `(h, w, c)` of the images as they are stored, `None` where they
      differ; empty for text.
    num_classes: of images.
    scale: brings the pixels into [0, 1].
    classes: names, of image files alone.
  """

  name: str
  splits: Mapping[str, SplitInfo]
  shape: tuple[int | None, ...] = ()
  num_classes: int = 0
  scale: float = 1 / 255
  classes: tuple[str, ...] = ()
