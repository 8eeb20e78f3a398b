"""Stands in for gcloud, xpk, kubectl and Slurm: `standin.py PROGRAM WORD ...`.

State is a dict in the file WORLD, a literal, which needs no import: `calls` as
they came, `resources` by name, `most` that there were at a time, and
`outcomes`, what creating, running and deleting will come to, one after the
other; without one all goes well.
"""

import fcntl
import os
import sys
import time

STATE = os.environ['WORLD']
PROGRAM, WORDS = sys.argv[1], sys.argv[2:]
FLAGS = dict(w[2:].partition('=')[::2] for w in WORDS if w[:2] == '--')
LOCK = os.open(f'{STATE}.lock', os.O_RDWR | os.O_CREAT)  # Of all jobs.
fcntl.flock(LOCK, fcntl.LOCK_EX)
with open(STATE) as file:
  world = eval(file.read())
resources = world['resources']
account = world.setdefault('account', {})


def write():
  with open(f'{STATE}.part', 'w') as file:
    file.write(repr(world))
  os.replace(f'{STATE}.part', STATE)  # A test may be reading.


def end(text='', code=0):
  world['most'] = max(world['most'], len(resources))
  write()
  print(text, flush=True)
  sys.exit(code)


def outcome(kind, usual):
  queue = world['outcomes'].get(kind, [])
  return queue.pop(0) if queue else usual


def create(name, resource):
  coming = outcome('create', 'made')
  if coming == 'quota':
    end('ERROR: RESOURCE_EXHAUSTED: Quota limit has been exceeded.', 1)
  if coming == 'late':
    world['late'] = name
    end('ERROR: DEADLINE_EXCEEDED', 1)
  if name in resources:
    end('ERROR: ALREADY_EXISTS', 1)
  resources[name] = resource
  end('ERROR: DEADLINE_EXCEEDED' if coming == 'half' else '', coming == 'half')


def delete(name):
  if outcome('delete', 'deleted') == 'stuck':
    end('ERROR: INTERNAL', 1)
  found = resources.pop(name, None)
  end('' if found else 'ERROR: NOT_FOUND', 0 if found else 1)


def gcloud():
  words = [word for word in WORDS if word[:2] != '--'][2:]
  if WORDS[1] == 'storage':
    with open(WORDS[-1], 'w') as file:
      file.write('report')
    end()
  name = words[-1]
  if 'create' in words:
    create(name, 'WAITING_FOR_RESOURCES')
  if 'delete' in words:
    delete(name)
  if 'describe' in words:
    state = resources.get(name)
    if state is None:
      if world.get('late') == name:
        resources[world.pop('late')] = 'ACTIVE'
      end('ERROR: NOT_FOUND: Resource was not found', 1)
    if state == 'WAITING_FOR_RESOURCES':
      resources[name] = outcome('wait', 'ACTIVE')
    end(state)
  ssh(name)


def ssh(name):
  if 'tail' in FLAGS['command'][:4]:
    end('the last lines')
  coming = outcome('run', 0)
  if coming == 'hang':
    world['hangs'] = True
    write()
    fcntl.flock(LOCK, fcntl.LOCK_UN)
    time.sleep(60)
  if coming == 'preempted':
    resources[name] = 'SUSPENDED'
  if isinstance(coming, str):
    end('Connection closed by remote host', 255)
  codes = coming if isinstance(coming, list) else [coming]
  job = name.rpartition('-')[0]
  end('\n'.join(f'{job}: exit code {c}' for c in codes), max(codes))


def xpk():
  name = FLAGS.get('workload', FLAGS.get('filter-by-job'))
  if 'create' in WORDS:
    create(name, 'Admitted')
  if 'delete' in WORDS:
    delete(name)
  rows = [
    'Jobset Name   Created Time   Status     Status Message   Status Time'
  ]
  if name in resources:
    state = resources[name]
    if state == 'Admitted':
      code = world['code'] = outcome('run', 0)
      resources[name] = 'failed' if code else 'finished successfully'
      rows.append(
        f'{name}   2026-1-1   Admitted   Admitted by queue   2026-1-1'
      )
    else:
      rows.append(f'{name}   2026-1-1   Finished   JobSet {state}   2026-1-1')
  end('\n'.join(rows))


def kubectl():
  end(str(world['code']) if 'get' in WORDS else 'the last lines')


def sbatch():
  create(FLAGS['job-name'], 'RUNNING')


def squeue():
  state = resources.get(FLAGS['name'], '')
  if state:
    coming = outcome('run', 'COMPLETED|0:0')
    if coming != 'RUNNING':
      account[FLAGS['name']] = coming
      del resources[FLAGS['name']]
  end(state)


def sacct():
  end(account.get(FLAGS['name'], ''))


def scancel():
  if resources.pop(FLAGS['name'], None):
    account[FLAGS['name']] = 'CANCELLED by 1000|0:0'
  end()


world['calls'].append([PROGRAM, *WORDS])
globals()[PROGRAM]()
