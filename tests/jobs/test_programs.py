"""`launch.tpu` as a process that is stopped: its exit code, what is left."""

import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]
WORDS = (
  '--config=digits/mlp:rigl',
  '--config.seed=3',
  '--workdir=gs://bucket/run',
  '--accelerator=v5litepod-8',
  '--source=git+https://example.com/jaxsparse@0123abc',
)


def test_sigterm_deletes_the_machine(world, job):
  # One that is ready is not waited for.
  world.set(resources={f'{job.name}-1': 'ACTIVE'}, run=['hang'])
  process = subprocess.Popen(
    [sys.executable, '-m', 'launch.tpu.submit', *WORDS],
    cwd=ROOT,
    env=os.environ | {'PYTHONPATH': str(ROOT)},
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )
  while not world.hangs:
    assert process.poll() is None
    time.sleep(0.1)
  process.send_signal(signal.SIGTERM)
  out, err = process.communicate(timeout=60)
  assert out == f'job {job.name}\n'
  assert err.endswith('stopped and deleted; the same command goes on\n')
  assert process.returncode == 42
  assert world.resources == {}
