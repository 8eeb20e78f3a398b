"""Fingerprints of what a run started from, to detect changes since."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NONE: Mapping[str, str] = MappingProxyType({})


class Origins(NamedTuple):
  """Fingerprints of what a run started from.

  Attributes:
    sources: of the runs that it starts from, by field of `init`.
    data: of its data set, by split; empty where unknown.
  """

  sources: Mapping[str, str] = _NONE
  data: Mapping[str, str] = _NONE

  def changes(self, now: 'Origins') -> list[str]:
    """Returns `what: then -> now` of each origin of a run that has changed.

    A source that is not in `now` is gone, and the run goes on without it. One
    that was not recorded is taken to be the same, and so are data.

    Args:
      now: the origins today; these are those with which the run began.
    """
    pairs = {
      f'config.init.{field}': (self.sources[field], now.sources[field])
      for field in sorted(self.sources.keys() & now.sources.keys())
    }
    if self.data and now.data:
      pairs |= {
        f'split {split} of the data': (
          self.data.get(split, 'none'),
          now.data.get(split, 'none'),
        )
        for split in sorted(self.data.keys() | now.data.keys())
      }
    return [
      f'{what}: {before} -> {after}'
      for what, (before, after) in pairs.items()
      if before != after
    ]


UNKNOWN = Origins()
