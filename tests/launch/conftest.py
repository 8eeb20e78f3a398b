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
import socket
import subprocess
import sys
import time
import types

import pytest

ROOT = pathlib.Path(__file__).parents[2]
ENV = {**os.environ, 'PYTHONPATH': str(ROOT)}
ONE_DEVICE = {
  'XLA_FLAGS': f'{os.environ["XLA_FLAGS"]}'
  ' --xla_force_host_platform_device_count=1'
}

SERVER = """
import atexit, gc, importlib, json, os, pkgutil
import runpy, sys, threading, traceback
import jax, jaxsparse
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
  if 'pid' in case:
    pid, status = os.waitpid(case['pid'], case['options'])
    print(os.waitstatus_to_exitcode(status) if pid else 'null', flush=True)
    continue
  pid = os.fork()
  if pid:
    print(pid, flush=True)
    continue
  for name, number in (('out', 1), ('err', 2)):
    with open(case[name], 'w') as file:
      os.dup2(file.fileno(), number)
  os.environ.update(case['env'])
  if cache := case['env'].get('JAX_COMPILATION_CACHE_DIR'):
    jax.config.update('jax_compilation_cache_dir', cache)
  sys.argv = [case['module'], *case['args']]
  code = 0
  try:
    runpy.run_module('launch.' + case['module'], run_name='__main__')
  except SystemExit as ended:
    code = ended.code or 0
  except BaseException:
    traceback.print_exc()
    code = 1
  # All that an interpreter does at its end but to free each object, for which
  # it would copy the memory of this process.
  threading._shutdown()
  atexit._run_exitfuncs()
  for stream in (sys.stdout, sys.stderr):
    stream.flush()
  os._exit(code)
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


class Server:
  """A process that forks others, which look like those of `subprocess`."""

  def __init__(self, path):
    self._popen = subprocess.Popen(
      [sys.executable, '-c', SERVER],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
      cwd=ROOT,
      env=ENV | {'PYTHONPATH': path},
    )

  def ask(self, **case):
    self._popen.stdin.write(json.dumps(case) + '\n')
    self._popen.stdin.flush()
    return json.loads(self._popen.stdout.readline())

  def fork(self, args, module, out, err, env):
    files = {'out': str(out), 'err': str(err)}
    pid = self.ask(module=module, args=list(args), env=env, **files)
    return Forked(self, pid)

  def close(self):
    self._popen.stdin.close()
    self._popen.wait(60)


class Forked:
  """A process that a server has forked; `subprocess.Popen` in small."""

  def __init__(self, server, pid):
    self._server, self.pid, self.returncode = server, pid, None

  def _ask(self, options):
    if self.returncode is None:
      self.returncode = self._server.ask(pid=self.pid, options=options)
    return self.returncode

  def poll(self):
    return self._ask(os.WNOHANG)

  def wait(self, timeout=None):
    limit = time.monotonic() + (timeout or 0)
    while timeout and self.poll() is None:
      if time.monotonic() > limit:
        raise subprocess.TimeoutExpired(str(self.pid), timeout)
      time.sleep(0.005)
    return self._ask(0)

  def send_signal(self, number):
    if self.poll() is None:
      os.kill(self.pid, number)


def fresh(args, module, out, err, env):
  """Starts `python -m launch.<module>`."""
  with out.open('w') as stdout, err.open('w') as stderr:
    return subprocess.Popen(
      [sys.executable, '-m', f'launch.{module}', *args],
      stdout=stdout,
      stderr=stderr,
      cwd=ROOT,
      env=ENV | env,
    )


class Process:
  """A program of `launch`, fresh or forked, that is watched and signalled."""

  def __init__(self, popen, out, err):
    self._popen, self._out, self._err = popen, out, err
    self.pid = popen.pid

  def wait_for(self, done, timeout=120):
    """Returns once `done()` holds; raises if the process ends before."""
    limit = time.monotonic() + timeout
    while not done():
      if not self.running() or time.monotonic() > limit:
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
    self._popen.wait(timeout=120)
    return result(self._popen.returncode, self._out.read_text(), self.said())


def starting(begin, folder, cache):
  """Yields `start_one(args, module='train', **environment) -> Process`."""
  started = []

  def start_one(args, module='train', **env):
    out, err = (folder / f'{name}_{len(started)}' for name in ('out', 'err'))
    # Of the session: a killed process may leave a damaged entry.
    popen = begin(args, module, out, err, cache | env)
    started.append(Process(popen, out, err))
    return started[-1]

  yield start_one
  for process in started:
    process.kill()


@pytest.fixture
def start(tmp_path_factory, cache):
  """`start(args, module='train', **environment) -> Process`, a fresh one."""
  yield from starting(fresh, tmp_path_factory.mktemp('fresh'), cache)


@pytest.fixture
def fork(tmp_path_factory, cache, server):
  """The same as `start`, of a forked process."""
  yield from starting(server.fork, tmp_path_factory.mktemp('forked'), cache)


def free_port():
  with socket.socket() as probe:
    probe.bind(('127.0.0.1', 0))
    return probe.getsockname()[1]


@pytest.fixture
def both(fork):
  """`both(args, module='train') -> [process 0, process 1]` of one command."""

  def begin(args, module='train'):
    flags = (
      '--distributed',
      f'--coordinator=127.0.0.1:{free_port()}',
      '--num_processes=2',
    )
    return [
      fork([*args, *flags, f'--process_id={index}'], module, **ONE_DEVICE)
      for index in (0, 1)
    ]

  return begin


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
def server(tensorflow):
  server = Server(f'{tensorflow.parent}:{ROOT}')
  yield server
  server.close()


@pytest.fixture(scope='session')
def launch(tmp_path_factory, server):
  """`launch(args, module='train') -> code, out, err`, of a forked process."""
  folder = tmp_path_factory.mktemp('output')
  out, err = folder / 'stdout', folder / 'stderr'

  def launch_one(args, module='train'):
    code = server.fork(args, module, out, err, {}).wait()
    return result(code, out.read_text(), err.read_text())

  return launch_one


@pytest.fixture(name='arguments', scope='session')
def _arguments():
  return arguments
