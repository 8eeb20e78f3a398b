"""The programs of `launch` as real processes: fresh ones, and forked ones.

A fresh interpreter takes seconds to import everything. Where only exit code,
output and files matter, a process is forked off one that has imported all that
programs may need and done nothing else. It draws no figures, which take a third
of its time: fresh programs do, and tests of runs, reports and analyses.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types

import pytest

ROOT = pathlib.Path(__file__).parents[2]
ENV = {**os.environ, 'PYTHONPATH': str(ROOT)}

SERVER = """
import gc, importlib, json, os, pkgutil, runpy, sys
import jaxsparse
import matplotlib.pyplot, ml_collections.config_flags, orbax.checkpoint
import pandas, tensorboardX

for module in pkgutil.walk_packages(jaxsparse.__path__, 'jaxsparse.'):
  if not module.name.startswith('jaxsparse.cli.'):  # They define flags.
    importlib.import_module(module.name)
import jaxsparse.cli.command
matplotlib.figure.Figure.savefig = lambda self, out, **_: out.write(b'figure')
gc.freeze()
gc.set_threshold(100_000, 20, 50)
for line in sys.stdin:
  case = json.loads(line)
  pid = os.fork()
  if not pid:
    for name, number in (('out', 1), ('err', 2)):
      with open(case[name], 'w') as file:
        os.dup2(file.fileno(), number)
    sys.argv = [case['module'], *case['args']]
    runpy.run_module('launch.' + case['module'], run_name='__main__')
  _, status = os.waitpid(pid, 0)
  print(os.waitstatus_to_exitcode(status), flush=True)
"""

# Small enough that a run is mostly its start: 60 steps, masks change at
# every 5th until 45.
TINY = {
  'model.features': '(16,)',
  'batch_size': 16,
  'num_steps': 60,
  'updater.sparsity': 0.8,
  'updater.update_interval': 5,
  'log_interval': 10,
  'eval.interval': 20,
  'eval.batch_size': 100,
  'gradient_flow.interval': 20,
  'gradient_flow.probe_size': 50,
  'checkpoint.interval': 10,
}


def arguments(workdir, *flags, config='digits/mlp:rigl', **fields):
  """The command line of a tiny run; `seed=3`, `updater__sparsity=0.5`."""
  changed = {k.replace('__', '.'): v for k, v in fields.items()}
  return [
    f'--config={config}',
    f'--workdir={workdir}',
    *(f'--config.{k}={v}' for k, v in (TINY | changed).items()),
    *flags,
  ]


def result(code, out, err):
  return types.SimpleNamespace(code=code, out=out, err=err)


class Process:
  """One fresh `python -m launch.<module>`."""

  def __init__(self, args, err, env, module):
    self._err = err
    self._popen = subprocess.Popen(
      [sys.executable, '-m', f'launch.{module}', *args],
      stdout=subprocess.PIPE,
      stderr=err.open('w'),
      text=True,
      cwd=ROOT,
      env=ENV | env,
    )
    self.pid = self._popen.pid

  def wait_for(self, done, timeout=120):
    """Returns once `done()` holds; raises if the process ends before."""
    limit = time.monotonic() + timeout
    while not done():
      if self._popen.poll() is not None or time.monotonic() > limit:
        raise AssertionError(f'ended or too late: {self.kill()}')
      time.sleep(0.002)

  def running(self):
    return self._popen.poll() is None

  def said(self):
    """What it wrote to stderr so far."""
    return self._err.read_text()

  def kill(self, number=signal.SIGKILL):
    self.signal(number)
    return self.end()

  def signal(self, number):
    self._popen.send_signal(number)

  def end(self):
    out, _ = self._popen.communicate(timeout=120)
    return result(self._popen.returncode, out, self._err.read_text())


@pytest.fixture
def start(tmp_path, cache):
  """`start(args, module='train', **environment) -> Process`, a fresh one."""
  started = []

  def start_one(args, module='train', **env):
    err = tmp_path / f'stderr_{len(started)}'
    # Of the session: a killed process may leave a damaged entry.
    process = Process(args, err, cache | env, module)
    started.append(process)
    return process

  yield start_one
  for process in started:
    process.kill()


@pytest.fixture(scope='session')
def cache(tmp_path_factory):
  """An environment in which processes share what they compile."""
  return {
    'JAX_COMPILATION_CACHE_DIR': str(tmp_path_factory.mktemp('cache')),
    'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
    'JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES': '-1',
  }


@pytest.fixture(scope='session')
def tensorflow(tmp_path_factory):
  """A TensorFlow that leaves a file behind where it is imported."""
  folder = tmp_path_factory.mktemp('poison')
  marker = folder / 'imported'
  (folder / 'tensorflow.py').write_text(
    f"open({str(marker)!r}, 'w')\nraise ImportError('poisoned')\n"
  )
  return marker


@pytest.fixture(scope='session')
def launch(tmp_path_factory, tensorflow):
  """`launch(args, module='train') -> code, out, err`, of a forked process."""
  folder = tmp_path_factory.mktemp('output')
  out, err = folder / 'stdout', folder / 'stderr'
  server = subprocess.Popen(
    [sys.executable, '-c', SERVER],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
    cwd=ROOT,
    env=ENV | {'PYTHONPATH': f'{tensorflow.parent}:{ROOT}'},
  )

  def launch_one(args, module='train'):
    case = {'module': module, 'args': args, 'out': str(out), 'err': str(err)}
    server.stdin.write(json.dumps(case) + '\n')
    server.stdin.flush()
    code = int(server.stdout.readline())
    return result(code, out.read_text(), err.read_text())

  yield launch_one
  server.stdin.close()
  server.wait(60)


@pytest.fixture(name='arguments', scope='session')
def _arguments():
  return arguments
