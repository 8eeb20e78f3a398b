"""One attempt at a job: its resource is made, used, and deleted."""

import logging
import re
import shlex
from collections.abc import Callable

from jaxsparse.errors import JobFailed
from jaxsparse.jobs.backend import (
  DONE,
  ERROR,
  RESUMES,
  Phase,
  ResourceState,
  common_code,
)
from jaxsparse.jobs.backends import BACKENDS
from jaxsparse.jobs.commands import Call, Words
from jaxsparse.jobs.records import JobRecord

PREEMPTED = -1
Sleep = Callable[[float], None]
POLL_SECONDS = 30.0
# Half an hour without an answer, or an hour of trying to delete.
_PATIENCE = 60
_DELETIONS = 120
_CONNECTIONS = 20
_ABSENCES = 3

_log = logging.getLogger(__name__)


class Attempt:
  """The attempt of a record: `run`, then `delete`, whatever happened."""

  def __init__(self, record: JobRecord, call: Call, sleep: Sleep):
    self._job, self._name = record.job, record.resource
    self._backend = BACKENDS[record.job.backend]
    self._call, self._sleep = call, sleep
    self._certain = True

  def run(self, state: ResourceState) -> int:
    """Returns the exit code of the program, or `PREEMPTED`.

    A resource that exists is used as it is: a process that was killed left it,
    and its program may be running.

    Args:
      state: that of the resource before.

    Raises:
      JobFailed: the backend does not answer.
    """
    if state.phase is Phase.ABSENT:
      self._certain = False
      created = self._call(self._backend.create(self._job, self._name))
      if created.code:
        _log.warning('not created: %s', created.output.strip())
        return ERROR
      self._certain = True
      _log.info('created %s', self._name)
    code = self._follow()
    if code not in (DONE, PREEMPTED, *RESUMES):
      logs = self._call(self._backend.logs(self._job, self._name))
      _log.warning('the log of %s ends with\n%s', self._name, logs.output)
    return code

  def delete(self) -> None:
    """Deletes the resource, and sees that it is gone.

    One whose creation ended with an error may appear late: it has to be absent
    twice.

    Raises:
      JobFailed: it is still there, or its backend does not answer.
    """
    absences = 0
    words = self._backend.delete(self._job, self._name)
    for _ in range(_DELETIONS):
      self._call(words)
      if self.state().phase in self._backend.free:
        absences += 1
        if self._certain or absences == 2:
          _log.info('deleted %s', self._name)
          return
      self._sleep(POLL_SECONDS)
    raise JobFailed(
      f'{self._name} may still be there, and cost; this deletes it:'
      f' {shlex.join(words)}'
    )

  def state(self) -> ResourceState:
    """Returns the state of the resource."""
    return self._backend.status(self._job, self._name, self._call)

  def known_state(self, patience: int) -> ResourceState:
    """Returns the state, after as many tries as that takes.

    Raises:
      JobFailed: the backend does not answer in `patience` tries.
    """
    for tries in range(patience):
      if tries:
        self._sleep(POLL_SECONDS)
      state = self.state()
      if state.phase is not Phase.UNKNOWN:
        return state
    raise JobFailed(
      f'{self._job.backend} does not answer about {self._name}; --verbosity=1'
      ' prints its commands'
    )

  def _follow(self) -> int:
    """Returns how the program ends, once it has."""
    absences = connections = 0
    while True:
      state = self.known_state(_PATIENCE)
      if state.phase is Phase.ENDED:
        return state.code
      # An account of what ended may come late.
      absences = absences + 1 if state.phase is Phase.ABSENT else 0
      if state.phase is Phase.PREEMPTED or absences == _ABSENCES:
        return PREEMPTED
      if state.phase is Phase.READY and self._backend.attach:
        code = self._attached(self._backend.attach(self._job, self._name))
        if code is not None:
          return code
        connections += 1
        if connections == _CONNECTIONS:
          return ERROR
      self._sleep(POLL_SECONDS)

  def _attached(self, words: Words) -> int | None:
    """Returns the exit code of a program that `words` runs or waits for.

    None if the connection to it was lost.
    """
    ended = self._call(words)
    line = rf'^{self._job.name}: exit code (\d+)\s*$'
    codes = [int(n) for n in re.findall(line, ended.output, re.MULTILINE)]
    failures = [code for code in codes if code]
    if failures:
      return common_code(failures)
    if codes and not ended.code:
      return DONE
    _log.warning('connection to %s lost', self._name)
    return None
