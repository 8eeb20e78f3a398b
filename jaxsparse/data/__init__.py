"""TFDS in, deterministic batches out: `load` is the way in.

`describe` tells what a data set is before it is there.
"""

from jaxsparse.data.datasets import Dataset, Split, load
from jaxsparse.data.facts import Facts, abstract, describe, fake
from jaxsparse.data.prepared import DataError

__all__ = [
  'DataError',
  'Dataset',
  'Facts',
  'Split',
  'abstract',
  'describe',
  'fake',
  'load',
]
