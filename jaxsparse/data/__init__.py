"""TFDS in, deterministic batches out: `load` is the way in.

`describe` returns the shapes of a data set, prepared or not.
"""

from jaxsparse.data.datasets import Dataset, Split, load
from jaxsparse.data.descriptions import describe, noise
from jaxsparse.errors import DataError

__all__ = [
  'DataError',
  'Dataset',
  'Split',
  'describe',
  'load',
  'noise',
]
