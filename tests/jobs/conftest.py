"""A PATH of stand-ins, and the world that they act on."""

import ast
import pathlib
import sys

import pytest

from jaxsparse.jobs.job import Job

PROGRAMS = ('gcloud', 'xpk', 'kubectl', 'sbatch', 'squeue', 'sacct', 'scancel')
STANDIN = pathlib.Path(__file__).parent / 'standin.py'


class World:
  """What the stand-ins read and write."""

  def __init__(self, folder):
    self._state = folder / 'world'
    self.set()

  def set(self, resources=None, **outcomes):
    fields = {'calls': [], 'most': 0, 'outcomes': outcomes}
    self._state.write_text(repr(fields | {'resources': resources or {}}))

  def __getattr__(self, name):
    return ast.literal_eval(self._state.read_text()).get(name)

  def verbs(self):
    """The commands in order, each by one word."""
    known = ('create', 'describe', 'ssh', 'delete', 'cp', 'list', 'logs')
    return [
      next((word for word in call if word in known), call[0])
      for call in self.calls
    ]


@pytest.fixture
def world(tmp_path, monkeypatch):
  folder = tmp_path / 'bin'
  folder.mkdir()
  for name in PROGRAMS:
    script = folder / name
    script.write_text(
      f'#!/bin/sh\nexec {sys.executable} -IS {STANDIN} {name} "$@"\n'
    )
    script.chmod(0o755)
  monkeypatch.setenv('PATH', f'{folder}:/usr/bin:/bin')
  monkeypatch.setenv('WORLD', str(tmp_path / 'world'))
  monkeypatch.setenv('JAXSPARSE_CACHE_DIR', str(tmp_path / 'cache'))
  return World(tmp_path)


@pytest.fixture
def job():
  return Job(
    program='train',
    arguments=('--config=digits/mlp:rigl', '--config.seed=3'),
    workdir='gs://bucket/run',
    report='summary.json',
    source='git+https://example.com/jaxsparse@0123abc',
    backend='queued-resource',
    accelerator='v5litepod-8',
    zone='us-west4-a',
  )
