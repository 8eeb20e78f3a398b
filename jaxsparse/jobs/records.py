"""Records of the jobs that this user submitted, a folder each."""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterator

from jaxsparse import locks, user_cache
from jaxsparse.errors import WorkdirBusy
from jaxsparse.jobs.job import Job

_RECORD = 'job.json'


@dataclasses.dataclass(frozen=True)
class JobRecord:
  """What is known of a job without asking its backend.

  Attributes:
    job: the job.
    attempt: number of the attempt under way, or of the next, from 1 on.
    code: exit code that it ended with; None while it has not.
  """

  job: Job
  attempt: int = 1
  code: int | None = None

  @property
  def resource(self) -> str:
    """The name of the resource of the attempt."""
    return f'{self.job.name}-{self.attempt}'


def folder(name: str) -> pathlib.Path:
  """Returns the folder of a job, which need not exist."""
  return user_cache.root() / 'jobs' / name


def names() -> list[str]:
  """Returns the names of all jobs."""
  return sorted(path.parent.name for path in folder('').glob(f'*/{_RECORD}'))


def load(name: str) -> JobRecord | None:
  """Returns the record of a job, or None if it was never submitted."""
  path = folder(name) / _RECORD
  if not path.exists():
    return None
  fields = json.loads(path.read_text())
  arguments = tuple(fields['job'].pop('arguments'))
  return JobRecord(
    **fields | {'job': Job(**fields['job'], arguments=arguments)}
  )


def save(record: JobRecord) -> JobRecord:
  """Writes a record, whole or not at all, and returns it."""
  path = folder(record.job.name) / _RECORD
  part = path.with_suffix('.part')
  part.write_text(json.dumps(dataclasses.asdict(record), indent=2))
  part.replace(path)
  return record


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
  """Locks a job for this process; the kernel frees it when that ends.

  Raises:
    WorkdirBusy: another process has it; names its pid.
  """
  with contextlib.ExitStack() as stack:
    try:
      stack.enter_context(locks.lock(folder(name)))
    except WorkdirBusy as error:
      raise WorkdirBusy(
        f'the job {name} is under way, submitted by pid {holder(name)}'
      ) from error
    yield


def holder(name: str) -> int | None:
  """Returns the pid of the process that submitted a job and is at it."""
  _, _, pid = locks.holder(folder(name)).partition('pid ')
  return int(pid) if pid.isdecimal() else None
