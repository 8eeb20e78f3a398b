"""TFDS in, deterministic batches out: `load` is the way in."""

from jaxsparse.data.datasets import Dataset, Split, load
from jaxsparse.data.prepared import DataError

__all__ = ['DataError', 'Dataset', 'Split', 'load']
