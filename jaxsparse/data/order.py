"""Batch order, addressable by step.

Training draws from an endless sequence of epochs, each a permutation of the
examples. Step t takes positions t b .. t b + b - 1 of that sequence, so batches
cross the border between epochs and every example comes up once an epoch. The
batch of any step is a function of (seed, step) alone, and a resumed run needs
no iterator state.
"""

import functools
from collections.abc import Sequence

import numpy as np

# A population reads the epochs of each member in turn, several where the
# data are few. Of large data sets that would hold too many old ones in memory.
_EPOCHS_KEPT = 64
_LARGE = 2**18
_FEW_KEPT = 4


def batch_indices(
  seed_words: int | Sequence[int],
  size: int,
  batch_size: int,
  start: int,
  stop: int,
) -> np.ndarray:
  """Returns the indices of the examples of steps start .. stop - 1.

  The cost is that of the indices, and of one permutation for each epoch that
  is not in the cache.

  Args:
    seed_words: a seed, or several words, e.g. the data of a PRNG key; each in
      [0, 2^32).
    size: the number of examples.
    batch_size: examples a batch, in [1, size].
    start: the first step, >= 0.
    stop: one past the last step, >= start.

  Returns:
    int32 [stop - start, batch_size], in [0, size).

  Raises:
    ValueError: a value outside its range.
  """
  words = _words(seed_words)
  if not 1 <= batch_size <= size:
    raise ValueError(
      f'batch_size {batch_size} is not in [1, {size}], {size} being the number'
      ' of examples'
    )
  if not 0 <= start <= stop:
    raise ValueError(f'steps {start} to {stop}: needed is 0 <= start <= stop')
  first, last = start * batch_size, stop * batch_size
  epochs = range(first // size, -(-last // size))
  cached = permutation if size <= _LARGE else _few
  order = [cached(words, size, epoch) for epoch in epochs]
  flat = np.concatenate([*order, np.empty(0, np.int32)])
  offset = first // size * size
  return flat[first - offset : last - offset].reshape(-1, batch_size)


@functools.lru_cache(maxsize=_EPOCHS_KEPT)
def permutation(words: tuple[int, ...], size: int, epoch: int) -> np.ndarray:
  """Returns the order of one epoch, int32 [size], read-only.

  It is the argsort of Philox words, not `Generator.permutation`: NumPy
  promises the stream of a bit generator for ever, but not the algorithms of
  `Generator`, and a run may be resumed under a newer NumPy.
  """
  # SeedSequence reads (5,) and (5, 0) alike, so the length goes in as well.
  seed = np.random.SeedSequence((len(words), *words), spawn_key=(epoch,))
  draws = np.random.Philox(seed).random_raw(size)
  order = np.argsort(draws, kind='stable').astype(np.int32)
  order.flags.writeable = False
  return order


_few = functools.lru_cache(maxsize=_FEW_KEPT)(permutation.__wrapped__)


def _words(seed_words: int | Sequence[int]) -> tuple[int, ...]:
  words = tuple(int(word) for word in np.atleast_1d(seed_words))
  if not words or not all(0 <= word < 2**32 for word in words):
    raise ValueError(
      f'seed_words {seed_words!r}: needed are integers in [0, 2^32)'
    )
  return words
