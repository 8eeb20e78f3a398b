"""Workloads on a GKE cluster that xpk made.

https://github.com/AI-Hypercomputer/xpk/blob/main/docs/usage/workloads.md has
the commands. The cluster restarts a workload by itself where a machine is lost
or the program exits with 42 or 75; other codes below 127 end it.
"""

import re

from jaxsparse.errors import PEER_LOST
from jaxsparse.jobs.backend import (
  DONE,
  Backend,
  Phase,
  ResourceState,
  common_code,
  flags,
)
from jaxsparse.jobs.commands import Call, Words
from jaxsparse.jobs.job import Job, script

_IMAGE = 'python:3.12'
_RESTARTS = 50
_LABEL = '--selector=xpk.google.com/workload='
_CODES = (
  '--output=jsonpath='
  '{.items[*].status.containerStatuses[*].state.terminated.exitCode}'
)


def _create(job: Job, name: str) -> Words:
  return [
    *('xpk', 'workload', 'create'),
    f'--workload={name}',
    f'--tpu-type={job.accelerator}',
    f'--docker-image={_IMAGE}',
    f'--max-restarts={_RESTARTS}',
    f'--restart-on-exit-codes={PEER_LOST}',
    f'--command={script(job, ["jax[tpu]"])}',
    *(['--spot'] if job.spot else []),
    *_place(job),
  ]


def _status(job: Job, name: str, call: Call) -> ResourceState:
  ended = call(
    ['xpk', 'workload', 'list', f'--filter-by-job={name}', *_place(job)]
  )
  if ended.code:
    return ResourceState(Phase.UNKNOWN)
  rows = [re.split(r'\s{2,}', row) for row in ended.output.splitlines()]
  row = next((row for row in rows if row[0] == name), None)
  if row is None:
    return ResourceState(Phase.ABSENT)
  if 'Finished' not in row:
    return ResourceState(Phase.WAITING)
  if re.search(r'\bsuccess', ' '.join(row[1:])):
    return ResourceState(Phase.ENDED, DONE)
  # xpk has set the cluster that kubectl talks to.
  codes = call(['kubectl', 'get', 'pods', _LABEL + name, _CODES])
  numbers = [int(word) for word in codes.output.split() if word.isdigit()]
  return ResourceState(
    Phase.ENDED, common_code(code for code in numbers if code)
  )


def _logs(job: Job, name: str) -> Words:
  del job
  return ['kubectl', 'logs', _LABEL + name, '--tail=100', '--prefix']


def _delete(job: Job, name: str) -> Words:
  return [
    *('xpk', 'workload', 'delete'),
    f'--workload={name}',
    '--force',
    *_place(job),
  ]


def _place(job: Job) -> list[str]:
  return flags(cluster=job.cluster, zone=job.zone, project=job.project)


BACKEND = Backend(_create, _status, None, _logs, _delete)
