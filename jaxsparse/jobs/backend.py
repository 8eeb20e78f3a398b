"""What a backend is: the commands that make and end the resource of a job.

A job has a resource for each attempt, `NAME-1`, `NAME-2` ...; that of one
attempt is deleted before the next is created.
"""

import enum
from collections.abc import Callable, Iterable
from typing import NamedTuple

from jaxsparse.errors import PEER_LOST
from jaxsparse.jobs.commands import Call, Words
from jaxsparse.jobs.job import Job

SAVED = 42
# Codes of a program that resumes when it is started again.
RESUMES = (SAVED, PEER_LOST)
DONE = 0
ERROR = 1
BAD_INPUT = 2
NON_FINITE = 3


class Phase(enum.Enum):
  """What a resource is doing."""

  UNKNOWN = 'unknown'  # Its service does not answer.
  ABSENT = 'absent'
  WAITING = 'waiting or running'
  READY = 'ready'  # The program is to be started on it.
  PREEMPTED = 'preempted'
  ENDED = 'ended'


class ResourceState(NamedTuple):
  """The phase of a resource; with `ENDED` the exit code of the program."""

  phase: Phase
  code: int = ERROR


class Backend(NamedTuple):
  """Commands for a job and the name of its resource.

  Attributes:
    create: makes the resource.
    status: asks for its state, by as many commands as that takes.
    attach: runs the program on a resource that is ready, or waits for it, and
      prints its exit code; None where a resource runs it by itself.
    logs: prints what the program wrote.
    delete: deletes the resource, whatever its state.
    free: phases in which there is nothing to delete.
  """

  create: Callable[[Job, str], Words]
  status: Callable[[Job, str, Call], ResourceState]
  attach: Callable[[Job, str], Words] | None
  logs: Callable[[Job, str], Words]
  delete: Callable[[Job, str], Words]
  free: frozenset[Phase] = frozenset({Phase.ABSENT})


def common_code(codes: Iterable[int]) -> int:
  """Returns the exit code of a program from those of its processes.

  Where one has bad input or a non-finite loss, others may end by losing it.
  """
  found = set(codes)
  for code in (BAD_INPUT, NON_FINITE, SAVED):
    if code in found:
      return code
  return max(found - {PEER_LOST} or found, default=ERROR)


def flags(**values: str) -> list[str]:
  """Returns `--name=value` of those that are not empty."""
  return [f'--{name}={value}' for name, value in values.items() if value]
