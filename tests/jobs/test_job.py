"""The name of a job, and the shell that runs it, in a real shell."""

import dataclasses
import re
import subprocess
import time

import pytest

from jaxsparse.jobs import job as jobs
from jaxsparse.jobs import source


def test_a_name_depends_on_what_is_run_alone(job):
  elsewhere = dataclasses.replace(job, spot=True, source='x', zone='')
  assert elsewhere.name == job.name
  for field in ({'workdir': 'gs://b'}, {'arguments': ('--config=digits/mlp',)}):
    assert dataclasses.replace(job, **field).name != job.name


@pytest.mark.parametrize(
  'config', ['cifar100/wrn:rigl', '1', '', '-Ünder_score/']
)
def test_a_name_is_one_of_all_backends(job, config):
  name = dataclasses.replace(job, arguments=(f'--config={config}',)).name
  assert re.fullmatch('[a-z]([-a-z0-9]*[a-z0-9])?', f'{name}-99')
  assert len(f'{name}-99') <= 28


@pytest.fixture
def machine(job, tmp_path):
  """A home folder where a job is installed; its program notes that it ran."""
  folder = tmp_path / '.cache/jaxsparse/jobs' / job.name
  python = folder / 'venv/bin/python'
  python.parent.mkdir(parents=True)
  (folder / 'installed').write_text(job.source + '\n')
  python.write_text('#!/bin/sh\necho "$@" >>runs\nsleep 0.5\nexit 42\n')
  python.chmod(0o755)
  return folder


def attach(job, machine):
  return subprocess.Popen(
    ['bash', '-c', jobs.attach_script(job, ['jax[tpu]'])],
    env={'HOME': str(machine.parents[3]), 'PATH': '/usr/bin:/bin'},
    stdout=subprocess.PIPE,
    text=True,
  )


def test_a_program_outlives_its_connection_and_runs_once(job, machine):
  lost = attach(job, machine)
  while not (machine / 'runs').exists():
    time.sleep(0.01)
  lost.kill()
  again = attach(job, machine)
  out, _ = again.communicate(timeout=20)
  lost.communicate()
  assert out == f'{job.name}: exit code 42\n'
  assert again.returncode == 42
  assert (machine / 'runs').read_text() == (
    '-m jaxsparse.launch.train --config=digits/mlp:rigl --config.seed=3'
    ' --distributed --workdir=gs://bucket/run\n'
  )


def test_a_failed_installation_is_no_bad_input(job, machine):
  (machine / 'installed').write_text('another commit')
  fake = machine.parents[3] / 'python3'
  fake.write_text('#!/bin/sh\nexit 2\n')
  fake.chmod(0o755)
  ended = subprocess.run(
    ['sh', '-c', jobs.script(job, [])],
    env={'HOME': str(fake.parent), 'PATH': f'{fake.parent}:/usr/bin:/bin'},
    check=False,
  )
  assert ended.returncode == 1
  assert not (machine / 'runs').exists()


def git(folder, *words):
  identity = ('-c', 'user.name=a', '-c', 'user.email=a@example.com')
  return subprocess.check_output(
    ['git', *identity, *words], cwd=folder, text=True, stderr=subprocess.STDOUT
  ).strip()


def test_the_source_is_a_commit_that_others_can_fetch(tmp_path):
  remote, checkout = tmp_path / 'remote.git', tmp_path / 'checkout'
  git(tmp_path, 'init', '--bare', str(remote))
  git(tmp_path, 'init', '-b', 'main', str(checkout))
  git(checkout, 'commit', '--allow-empty', '-m', 'first')
  with pytest.raises(ValueError, match='no branch of a remote has the commit'):
    source.of_checkout(checkout)
  git(checkout, 'remote', 'add', 'origin', str(remote))
  git(checkout, 'push', 'origin', 'main')
  commit = git(checkout, 'rev-parse', 'HEAD')
  assert source.of_checkout(checkout) == f'git+{remote}@{commit}'
  for url in ('git@github.com:o/n.git', 'https://me:pass@github.com/o/n.git'):
    git(checkout, 'remote', 'set-url', 'origin', url)
    https = 'git+https://github.com/o/n.git'
    assert source.of_checkout(checkout) == f'{https}@{commit}'
  (checkout / 'new.py').touch()
  with pytest.raises(ValueError, match='differ from theirs: new.py'):
    source.of_checkout(checkout)
  with pytest.raises(ValueError, match='is no checkout'):
    source.of_checkout(tmp_path)
