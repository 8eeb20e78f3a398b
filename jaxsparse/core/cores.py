"""The cores of the machine."""

import os


def usable_cores() -> int:
  """Counts the cores this process may run on; all where that is unknown."""
  if hasattr(os, 'sched_getaffinity'):
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1
