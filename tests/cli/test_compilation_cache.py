"""Programs that are kept on disk: real processes, real files."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

from jaxsparse.cli import compilation_cache

ROOT = pathlib.Path(__file__).parents[2]
COMPILER = pathlib.Path(__file__).with_name('compiler.py')
ENV = {
  name: value
  for name, value in os.environ.items()
  if not name.startswith(('JAX_COMPILATION_CACHE', 'JAX_PERSISTENT_CACHE'))
} | {'PYTHONPATH': str(ROOT)}


def start(folder, *rest, **environment):
  return subprocess.Popen(
    [sys.executable, str(COMPILER), str(folder), *rest],
    env=ENV | environment,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


def compiled(folder, *rest, **environment):
  """What a process prints, and what it reports."""
  process = start(folder, *rest, **environment)
  out, err = process.communicate(timeout=120)
  assert process.returncode == 0, err
  return out, err


def entries(folder):
  return {path: path.read_bytes() for path in folder.rglob('*-cache')}


@pytest.fixture(scope='module')
def uncached():
  out, err = compiled('off')
  assert err == ''
  return out


@pytest.fixture(scope='module')
def filled(tmp_path_factory, uncached):
  folder = tmp_path_factory.mktemp('filled')
  assert compiled(folder) == (uncached, '')
  return folder, entries(folder)


@pytest.fixture
def warm(filled):
  """A folder with the entries of one process."""
  folder, content = filled
  for path, entry in content.items():
    path.write_bytes(entry)
  return folder


def test_a_later_process_reads_what_one_compiled(warm, uncached):
  before = entries(warm)
  assert compiled(warm, JAX_COMPILATION_CACHE_DIR='/nowhere') == (uncached, '')
  assert entries(warm) == before


def test_damaged_entries_are_replaced(warm, uncached):
  damages = {
    'attenuate': lambda content: content[: len(content) // 2],
    'amplify': lambda _: b'',
    'alternate': bytes.swapcase,
  }
  for name, damage in damages.items():
    (path,) = warm.rglob(f'jit_{name}-*')
    path.write_bytes(damage(path.read_bytes()))
  out, err = compiled(warm)
  assert out == uncached
  assert err.splitlines() == [
    f'jit_{name} is compiled again, its cache entry is damaged'
    for name in damages
  ]
  assert compiled(warm) == (uncached, '')


def test_a_full_disk_is_reported_once_and_leaves_no_part(tmp_path, uncached):
  out, err = compiled(tmp_path, 'full')
  assert out == uncached
  assert err.startswith('compiled programs are not kept: OSError: [Errno 27]')
  assert err.count('\n') == 1
  assert not entries(tmp_path)


def test_a_folder_that_cannot_be_written_is_still_read(warm, uncached):
  # Those of pytest can be read by nobody else.
  with tempfile.TemporaryDirectory() as root:
    folder = pathlib.Path(root)
    shutil.copytree(warm, folder, dirs_exist_ok=True)
    folder.chmod(0o755)
    (path,) = folder.rglob('jit_amplify-*')
    path.unlink()
    before = entries(folder)
    for inner in (folder, path.parent):
      inner.chmod(0o555)
    out, err = compiled(folder, 'reader')
    for inner in (folder, path.parent):
      inner.chmod(0o755)
    assert out == uncached
    assert err.startswith('compiled programs are not kept: PermissionError')
    assert err.count('\n') == 1
    assert entries(folder) == before


def test_a_folder_that_cannot_be_made_is_reported(tmp_path, uncached):
  file = tmp_path / 'file'
  file.touch()
  out, err = compiled(file)
  assert out == uncached
  assert err.startswith('compiled programs are not kept: [Errno 20]')


def test_two_processes_write_one_folder(tmp_path, uncached):
  processes = [start(tmp_path) for _ in range(2)]
  ends = [process.communicate(timeout=120) for process in processes]
  assert [out for out, _ in ends] == [uncached, uncached]
  assert compiled(tmp_path) == (uncached, '')


@pytest.mark.parametrize(
  'name', ['JAX_COMPILATION_CACHE_DIR', 'JAXSPARSE_CACHE_DIR']
)
def test_the_folder_of_the_environment(tmp_path, uncached, name):
  folders = {
    'JAXSPARSE_CACHE_DIR': str(tmp_path / 'other'),
    name: str(tmp_path / 'own'),
    'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
  }
  assert compiled('', **folders) == (uncached, '')
  assert entries(tmp_path / 'own')
  assert not entries(tmp_path / 'other')


def test_the_entries_used_last_longest_ago_go_first(tmp_path):
  paths = [tmp_path / 'machine-a' / f'{i}-cache' for i in range(4)]
  paths[0].parent.mkdir()
  for path, age in zip(paths, (3, 1, 4, 2), strict=True):
    path.write_bytes(bytes(100))
    os.utime(path, (1e9 - age, 1e9 - age))
  foreign = tmp_path / 'else' / 'foreign-cache'
  foreign.parent.mkdir()
  foreign.write_bytes(bytes(1000))
  compilation_cache.prune(tmp_path, 250)
  assert sorted(entries(tmp_path)) == [foreign, paths[1], paths[3]]


def test_a_kind_of_processor_has_its_own_folder(tmp_path, monkeypatch):
  cpus = tmp_path / 'cpuinfo'
  monkeypatch.setattr(compilation_cache, '_CPUS', cpus)
  block = 'processor : {}\nmodel : 7\ncpu MHz : {}\nflags : sse {}\n\n'
  names = []
  for number, clock, flag in ((0, 1, 'avx'), (1, 2, 'avx'), (0, 1, 'amx')):
    cpus.write_text(block.format(number, clock, flag))
    names.append(compilation_cache.machine())
  assert names[0] == names[1] != names[2]


def test_only_programs_change_a_setting_of_jax():
  code = (
    'import jax\nbefore = dict(jax.config.values)\n'
    'import jaxsparse.cli.command, jaxsparse.runs.train\n'
    'assert jax.config.values == before'
  )
  subprocess.run([sys.executable, '-c', code], env=ENV, check=True, cwd=ROOT)
