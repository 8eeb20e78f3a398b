"""Data that come batch by batch, beside those that are resident."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import jax

from jaxsparse.core.types import PyTree

# Batches whose results are pending: one is computed, one comes in.
_UNDER_WAY = 2


class Parts(NamedTuple):
  """Stands in for resident data where each batch has data of its own.

  Attributes:
    batches: arrays on the device, one tree for each batch, in their order;
      the indices of a batch are those into its arrays.
  """

  batches: Iterable[PyTree]


def each(data: PyTree) -> Iterator[PyTree]:
  """Iterates over the data of the batches; without an end where resident."""
  if isinstance(data, Parts):
    return iter(data.batches)
  return itertools.repeat(data)


def keep_up(data: PyTree, results: Sequence[PyTree]) -> None:
  """Waits, where data come in parts, until few results are under way.

  Else the host would fill the device with batches that are not yet due.
  """
  if isinstance(data, Parts) and len(results) >= _UNDER_WAY:
    jax.block_until_ready(results[-_UNDER_WAY])
