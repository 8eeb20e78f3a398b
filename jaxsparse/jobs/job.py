"""A job: a program, the commit that it is installed from, and where it runs."""

import dataclasses
import hashlib
import re
import shlex
from collections.abc import Sequence

# Kubernetes refuses longer names of workloads on some clusters; a hyphen and
# the number of the attempt follow.
_NAME_LENGTH = 25
# On the machine that it runs on; the shell there knows its home.
_FOLDER = '"$HOME"/.cache/jaxsparse/jobs/'


@dataclasses.dataclass(frozen=True)
class Job:
  """A program to run to its end.

  Attributes:
    program: name of a program of `launch`, as 'train'.
    arguments: its arguments, without `--workdir`.
    workdir: where it writes, gs:// or a shared file system.
    report: the file in `workdir` that it writes last.
    source: what pip installs, 'git+URL@COMMIT'.
    backend: a name in `backends.BACKENDS`.
    accelerator: type of a TPU slice, as 'v5litepod-8'; with Slurm a generic
      resource, as 'gpu:8'.
    spot: whether it may be preempted, for a lower price.
    zone: of Google Cloud; '' for the default of gcloud.
    project: likewise.
    cluster: of GKE, for xpk; with Slurm the partition.
  """

  program: str
  arguments: tuple[str, ...]
  workdir: str
  report: str
  source: str
  backend: str
  accelerator: str
  spot: bool = False
  zone: str = ''
  project: str = ''
  cluster: str = ''

  @property
  def name(self) -> str:
    """A name that depends on program, arguments and workdir alone."""
    words = (self.program, *self.arguments, self.workdir)
    digest = hashlib.sha256('\0'.join(words).encode()).hexdigest()[:8]
    config = self.arguments[0].rpartition('=')[2] if self.arguments else ''
    slug = re.sub('[^a-z0-9]+', '-', config.lower())
    return f'js-{slug[: _NAME_LENGTH - 12].strip("-")}-{digest}'


def parts(job: Job, count: int) -> list[Job]:
  """Returns the jobs that a study is divided into, which share its runs.

  Each is the whole study in a workdir of its own, trains the runs that no other
  holds, and has the whole report.

  Args:
    job: a study.
    count: how many; with 1 it is not divided.

  Raises:
    ValueError: it is one run, or `count` is below 1.
  """
  if count < 1 or (count > 1 and job.program != 'study'):
    raise ValueError(
      f'--jobs: got {count} with {job.arguments[0]}; accepted is more than 1'
      ' for a study, and 1 for a run'
    )
  if count == 1:
    return [job]
  root = job.workdir.rstrip('/')
  first, *rest = job.arguments
  arguments = (first, f'--runs_dir={root}/runs', *rest)
  return [
    dataclasses.replace(job, arguments=arguments, workdir=f'{root}/job-{i}')
    for i in range(count)
  ]


def folder(job: Job) -> str:
  """Returns the folder of a job where it runs, quoted for a shell."""
  return _FOLDER + job.name


def script(job: Job, packages: Sequence[str], launcher: str = '') -> str:
  """Returns a line of shell that installs a job and runs it.

  The program runs on all machines as one. An installation of the same
  commit is used again. One that fails ends with code 1, so that it is not taken
  for an exit code of the program.

  Args:
    job: the job.
    packages: further packages, as 'jax[tpu]'.
    launcher: starts the program on all machines, as 'srun '.
  """
  source = shlex.quote(job.source)
  wanted = shlex.join([f'jaxsparse[gcs] @ {job.source}', *packages])
  words = [*job.arguments, '--distributed', f'--workdir={job.workdir}']
  steps = (
    'python3 -m pip install --quiet uv',
    'python3 -m uv venv --clear --python=3.12 venv',
    f'python3 -m uv pip install --python=venv/bin/python {wanted}',
    f'echo {source} >installed',
  )
  return (
    f'mkdir -p {folder(job)} && cd {folder(job)} &&'
    f' {{ [ "$(cat installed 2>/dev/null)" = {source} ] ||'
    f' {{ {" && ".join(steps)}; }}; }} || exit 1;'
    f' exec {launcher}venv/bin/python -m'
    f' jaxsparse.launch.{job.program} {shlex.join(words)}'
  )


def attach_script(job: Job, packages: Sequence[str]) -> str:
  """Returns shell commands that run a job, or wait for one that runs.

  The program survives the connection that started it. A kernel lock, which it
  inherits, is held until it ends, so that it never runs twice on a machine; its
  exit code stays in a file and is printed last.
  """
  here = folder(job)
  body = f'({script(job, packages)}); echo $? >code.part; mv code.part code'
  return '\n'.join(
    (
      f'mkdir -p {here} && cd {here} && exec 9>lock && flock 9 || exit 1',
      'if [ ! -e code ]; then',
      '  touch log',
      f'  setsid bash -c {shlex.quote(body)} >>log 2>&1 </dev/null &',
      '  tail --pid=$! --lines=+1 --follow log 9>&-',
      'fi',
      f'echo "{job.name}: exit code $(cat code)"',
      'exit "$(cat code)"',
    )
  )
