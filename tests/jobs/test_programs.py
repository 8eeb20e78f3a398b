"""`launch.tpu` as a process that is stopped: its exit code, what is left."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from jaxsparse.jobs.job import parts

ROOT = pathlib.Path(__file__).parents[2]
WORDS = (
  '--config=digits/mlp:rigl',
  '--config.seed=3',
  '--workdir=gs://bucket/run',
  '--accelerator=v5litepod-8',
  '--source=git+https://example.com/jaxsparse@0123abc',
)


def submit(*words):
  return subprocess.Popen(
    [sys.executable, '-m', 'launch.tpu.submit', *words],
    cwd=ROOT,
    env=os.environ | {'PYTHONPATH': str(ROOT)},
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


def test_sigterm_deletes_the_machine(world, job):
  # One that is ready is not waited for.
  world.set(resources={f'{job.name}-1': 'ACTIVE'}, run=['hang'])
  process = submit(*WORDS)
  while not world.hangs:
    assert process.poll() is None
    time.sleep(0.1)
  process.send_signal(signal.SIGTERM)
  out, err = process.communicate(timeout=60)
  assert out == f'job {job.name}\n'
  assert err.endswith('stopped and deleted; the same command goes on\n')
  assert process.returncode == 42
  assert world.resources == {}


STUDY = '--config=studies/digits/init_and_updates'


@pytest.fixture
def shared(world, job):
  """The jobs of a study on three machines, which are ready."""
  study = dataclasses.replace(
    job,
    program='study',
    arguments=(STUDY,),
    report='report/report.md',
    workdir='gs://bucket/run',
  )
  jobs = parts(study, 3)
  world.set(resources={f'{one.name}-1': 'ACTIVE' for one in jobs})
  return jobs


def test_a_study_is_shared_by_jobs(world, shared):
  process = submit(STUDY, *WORDS[2:], '--jobs=3')
  out, _ = process.communicate(timeout=100)
  assert process.returncode == 0
  assert world.resources == {}
  ran = [' '.join(call) for call in world.calls if 'ssh' in call]
  assert len(ran) == 3
  for i, one in enumerate(shared):
    assert f'job {one.name}\n' in out
    words = (
      '--runs_dir=gs://bucket/run/runs --distributed'
      f' --workdir=gs://bucket/run/job-{i}'
    )
    assert sum(words in line for line in ran) == 1


def test_ctrl_c_deletes_all_machines(world, shared):
  world.set(resources=world.resources, run=['hang'] * 3)
  process = submit(STUDY, *WORDS[2:], '--jobs=3')
  while len([call for call in world.calls if 'ssh' in call]) < 3:
    assert process.poll() is None
    time.sleep(0.1)
  process.send_signal(signal.SIGINT)
  _, err = process.communicate(timeout=60)
  assert process.returncode == 42
  assert err.count('stopped and deleted') == 3
  assert world.resources == {}
