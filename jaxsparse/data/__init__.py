"""Data of TFDS or the user in, deterministic batches out; `load` reads them.

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
