"""What a run is said to be made with, against the machine and git itself."""

import importlib.metadata
import os
import shutil
import subprocess

import jax
import pytest

from jaxsparse.runs import versions


def git(root, *words):
  who = ('-c', 'user.name=a', '-c', 'user.email=a@b.c')
  command = ['git', *who, *words]
  done = subprocess.run(command, cwd=root, check=True, capture_output=True)
  return done.stdout.decode().strip()


@pytest.fixture
def checkout(tmp_path):
  git(tmp_path, 'init', '-q')
  (tmp_path / 'file').write_text('a')
  git(tmp_path, 'add', 'file')
  git(tmp_path, 'commit', '-q', '-m', 'first')
  return tmp_path


def test_packages_are_those_installed():
  found = versions.made_with()
  for name in ('jax', 'jaxlib', 'flax', 'optax', 'numpy'):
    assert found[name] == importlib.metadata.version(name)
  assert found['device'] == f'cpu x {len(jax.devices())}'
  assert int(found['cores']) == len(os.sched_getaffinity(0))


@pytest.mark.skipif(not shutil.which('lscpu'), reason='no lscpu')
def test_the_processor_is_what_the_system_calls_it():
  done = subprocess.run(['lscpu'], check=True, capture_output=True, text=True)
  found = dict(line.split(':', 1) for line in done.stdout.splitlines())
  named = found.get('Model name', '').strip()
  assert versions.made_with().get('processor', '') in (named, '')


def test_a_checkout_goes_by_its_commit(checkout):
  commit = git(checkout, 'rev-parse', '--short', 'HEAD')
  assert versions.described(checkout) == commit
  (checkout / 'file').write_text('b')
  assert versions.described(checkout) == f'{commit}-dirty'


def test_what_is_no_checkout_of_its_own_has_no_commit(checkout, monkeypatch):
  installed = checkout / 'site-packages'
  installed.mkdir()
  assert versions.described(installed) == ''
  monkeypatch.setenv('PATH', '')  # No git.
  assert versions.described(checkout) == ''
