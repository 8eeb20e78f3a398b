"""TFDS in, deterministic batches out: `load` is the way in.

`describe` returns the facts of a data set, prepared or not.
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
