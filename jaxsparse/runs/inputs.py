"""Fingerprints of the inputs of a run, to detect changes since it began."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NONE: Mapping[str, str] = MappingProxyType({})


class Inputs(NamedTuple):
  """Fingerprints of the inputs of a run.

  Attributes:
    sources: of the runs that it starts from, by field of `init`.
    data: of its data set, by split; empty where unknown.
  """

  sources: Mapping[str, str] = _NONE
  data: Mapping[str, str] = _NONE

  def changes(self, now: 'Inputs') -> list[str]:
    """Returns `what: then -> now` of each input of a run that has changed.

    A source that is not in `now` is gone, and the run goes on without it. One
    that was not recorded is taken to be the same, and so are data.

    Args:
      now: the inputs today; these are those with which the run began.
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


UNKNOWN = Inputs()
