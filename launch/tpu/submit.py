r"""Runs a config or a study as a batch job, on a TPU or a cluster, to its end.

  python -m launch.tpu.submit --config=imagenet/resnet50:rigl \
    --workdir=gs://BUCKET/run --accelerator=v5litepod-8 [--spot] \
    [--zone=ZONE] [--project=PROJECT] [--config.updater.sparsity=0.9 ...] \
    [--dry_run]
  python -m launch.tpu.submit ... --backend=xpk --cluster=CLUSTER
  python -m launch.tpu.submit --config=digits/mlp:rigl --workdir=/shared/run \
    --backend=slurm --accelerator=gpu:8 --cluster=PARTITION

Makes a machine, installs the commit of this checkout there, runs the program,
copies its report here, and deletes the machine, in every outcome. Preemption,
lost connections and exit codes 42 and 75 have it go on; the same command goes
on with a job that was interrupted here. `--dry_run` prints every command and
runs none.
What follows `--` is passed on, as `-- --seeds=2` of a study. With `--jobs=8` a
study takes eight machines, which share its runs. `launch.tpu.jobs` shows logs
and cancels; launch/tpu/README.md has more.
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from absl import flags

from jaxsparse.cli import command
from jaxsparse.studies import config_files

if TYPE_CHECKING:
  from jaxsparse.jobs.job import Job

_CONFIG = command.config_flag()
_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Where the job writes: gs://..., with Slurm also a folder.'
)
_ACCELERATOR = flags.DEFINE_string(
  'accelerator', None, 'As v5litepod-8; with Slurm a --gres, as gpu:8.'
)
_BACKEND = flags.DEFINE_string(
  'backend',
  'queued-resource',
  'What makes machines: queued-resource, xpk or slurm.',
)
_SPOT = flags.DEFINE_bool('spot', False, 'Cheaper, and may be preempted.')
_ZONE = flags.DEFINE_string('zone', '', 'By default that of gcloud.')
_PROJECT = flags.DEFINE_string('project', '', 'By default that of gcloud.')
_CLUSTER = flags.DEFINE_string(
  'cluster', '', 'Of xpk the cluster, of Slurm the partition.'
)
_SOURCE = flags.DEFINE_string(
  'source', '', 'Installed in place of this commit: git+URL@COMMIT.'
)
_JOBS = flags.DEFINE_integer(
  'jobs', 1, 'Of a study: so many jobs at a time, which share its runs.'
)
_DRY_RUN = flags.DEFINE_bool('dry_run', False, 'Print commands; run none.')


def main(*passed_on: str) -> None:
  """Submits the job and waits for it, or prints its commands."""
  from jaxsparse.core import choices
  from jaxsparse.jobs import commands, source, submission
  from jaxsparse.jobs.backends import BACKENDS
  from jaxsparse.jobs.job import Job, parts
  from jaxsparse.studies.spec import Study

  backend = _BACKEND.value
  choices.check(f'--backend: got {backend!r}', backend, BACKENDS)
  if backend == 'xpk' and not _CLUSTER.value:
    raise ValueError('--cluster is required with --backend=xpk')
  config = command.required(_CONFIG)
  if not isinstance(config, Study):
    from jaxsparse.config.resolve import resolve

    resolve(config)  # What is wrong with it is said here, at no cost.
  root = pathlib.Path(config_files.__file__).parents[2]
  job = Job(
    program='study' if isinstance(config, Study) else 'train',
    arguments=(*_config_words(sys.argv), *passed_on),
    workdir=_workdir(),
    report='report/report.md' if isinstance(config, Study) else 'summary.json',
    source=_SOURCE.value or source.of_checkout(root),
    backend=backend,
    accelerator=command.required(_ACCELERATOR),
    spot=_SPOT.value,
    zone=_ZONE.value,
    project=_PROJECT.value,
    cluster=_CLUSTER.value,
  )
  jobs = parts(job, _JOBS.value)
  if _DRY_RUN.value:
    for one in jobs:
      submission.plan(one, commands.recorder(print))
  elif len(jobs) == 1:
    _submit(job)
  else:
    sys.exit(_submit_all(jobs))


def _submit(job: Job) -> None:
  from jaxsparse.jobs import submission

  # Whole lines, as several processes may write.
  print(f'job {job.name}\n', end='', flush=True)
  try:
    with command.at_once():
      report = submission.submit(job)
      print(f'report: {report}\n', end='', flush=True)
  except KeyboardInterrupt:
    print('stopped and deleted; the same command goes on', file=sys.stderr)
    sys.exit(command.STOPPED)


def _submit_all(jobs: Sequence[Job]) -> int:
  """Submits each job in a process; returns an exit code for all."""

  def submit(job: Job) -> None:
    os.setsid()  # Ctrl-C is passed on once, by this process.
    sys.exit(command.guarded(lambda: _submit(job)))

  fork = multiprocessing.get_context('fork')
  started = [fork.Process(target=submit, args=(job,)) for job in jobs]
  try:
    with command.at_once():
      for process in started:
        process.start()
      for process in started:
        process.join()
  except KeyboardInterrupt:
    stopping = [process for process in started if process.pid is not None]
    for process in stopping:
      process.terminate()  # By a signal on which it deletes its machine.
    for process in stopping:
      process.join()
    return command.STOPPED
  from jaxsparse.jobs.backend import common_code

  codes = [process.exitcode or 0 for process in started]
  return common_code(filter(None, codes)) if any(codes) else 0


def _workdir() -> str:
  """Returns the workdir, with an absolute path."""
  workdir = command.required(_WORKDIR)
  if '://' in workdir:
    return workdir
  if _BACKEND.value != 'slurm':
    raise ValueError(
      f'--workdir: got {workdir}, which is lost with the machine; accepted is'
      ' gs://...'
    )
  return str(pathlib.Path(workdir).absolute())


def _config_words(argv: Sequence[str]) -> Iterator[str]:
  """Yields the flags of the config as they were typed, the name first.

  Raises:
    ValueError: the config is a file that the commit does not have.
  """
  end = argv.index('--') if '--' in argv else len(argv)
  words = [w.lstrip('-') for w in argv[1:end] if w.startswith('-')]
  fields = [word for word in words if word.startswith(('config.', 'noconfig.'))]
  names = [word for word in words if word.startswith('config=')]
  if len(names) != 1 or any(
    '=' not in word for word in fields if not word.startswith('no')
  ):
    raise ValueError('of the config accepted are --config=NAME, --config.F=V')
  spec = names[0].partition('=')[2].partition(':')[0]
  short = spec.removeprefix('configs/').removesuffix('.py')
  if short not in config_files.names():
    raise ValueError(
      f'--config: {spec} is not installed with the commit; accepted are configs'
      ' that come with it'
    )
  return (f'--{word}' for word in (*names, *fields))


def run() -> None:
  """Runs the program `jaxsparse-submit`."""
  command.run(main, config_files.load, several=True, cached=False)


if __name__ == '__main__':
  run()
