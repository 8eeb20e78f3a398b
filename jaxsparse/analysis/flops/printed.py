"""A correction for published figures, counted on a net other than the trained.

The figures of Evci et al. 2020, "Rigging the Lottery", are of a notebook of
theirs that has a list of layers, and not the net.
"""

import math

from jaxsparse.analysis.flops.count import Macs
from jaxsparse.core import paths
from jaxsparse.core.types import Params, Path, Shape


def padded_twice(
  found: Macs, params: Params, first: Path, image: Shape
) -> Macs:
  """Returns `found` as if the image came padded to the first convolution.

  Where that has a stride, their nets pad the image by half a kernel on each
  side, and their counter takes it for the image, and pads it again: that of
  ResNet-50 has 115 x 115 outputs there for 112 x 112, which makes 8.202e9
  FLOPs of 8.189e9.

  Args:
    found: of the dense network and one image.
    params: arrays or `ShapeDtypeStruct`s.
    first: the path of the kernel that the image meets, `[h, w, in, out]`; one
      of another shape, of even size or without a stride changes nothing.
    image: `(height, width, channels)`.
  """
  kernel = paths.flatten(params)[first].shape
  positions = paths.flatten(found.outputs)[first] // kernel[-1]
  padded = _padded(kernel, image, positions)

  def one(path: Path, n: int) -> int:
    return n * padded // positions if path == first else n

  return found._replace(
    leaves=paths.map_with_path(one, found.leaves),
    outputs=paths.map_with_path(one, found.outputs),
  )


def _padded(kernel: Shape, image: Shape, positions: int) -> int:
  """Returns the positions of a convolution in an image padded before."""
  if len(kernel) != 4 or len(image) != 3 or not all(n % 2 for n in kernel[:2]):
    return positions
  for stride in range(2, min(image[:2]) + 1):
    if math.prod(-(-n // stride) for n in image[:2]) == positions:
      wide = (n + k - 1 for n, k in zip(image[:2], kernel[:2], strict=True))
      return math.prod(-(-n // stride) for n in wide)
  return positions
