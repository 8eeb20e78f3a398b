"""The directory of a run: its owner and its files.

`config.json` (the config and its digest), `metrics.jsonl`,
`tensorboard/`, `checkpoints/`, `plots/`, and at the end `summary.json`.
"""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from jaxsparse import storage
from jaxsparse.config import identity
from jaxsparse.config.run_config import RunConfig
from jaxsparse.locks import lock
from jaxsparse.runs.origins import UNKNOWN, Origins

CONFIG = 'config.json'
METRICS = 'metrics.jsonl'
SUMMARY = 'summary.json'
CHECKPOINTS = 'checkpoints'
PLOTS = 'plots'
# Entries of every summary, of whatever version.
_ALWAYS = ('sparsity', 'config_digest')
_MEND = 'Remove it, and the same command makes it again from the checkpoints'


@contextlib.contextmanager
def claim(
  workdir: str | os.PathLike[str],
  config: RunConfig,
  origins: Origins = UNKNOWN,
) -> Iterator[pathlib.Path]:
  """Locks `workdir` for the run of `config`.

  Nothing is written if the directory belongs to another run, or holds files
  that are not of a run.

  Args:
    workdir: of the run.
    config: with all lengths in steps.
    origins: what the run would start from now.

  Raises:
    ValueError: the directory belongs to another run (names the differences),
      holds other files, or cannot be written.
    WorkdirBusy: another process runs in it.
  """
  root = storage.absolute(workdir)
  _check_owner(root, config, origins) if begun(root) else _check_free(root)
  with lock(root):
    if begun(root):
      _check_owner(root, config, origins)
    else:
      content = {
        'digest': identity.digest(config),
        'config': config,
        'sources': dict(origins.sources),
        'data': dict(origins.data),
      }
      storage.write_atomic(root / CONFIG, identity.to_json(content))
    yield root


def output(folder: str | os.PathLike[str]) -> pathlib.Path:
  """Returns a folder for files outside of runs, created if missing.

  Raises:
    ValueError: it cannot be created.
  """
  path = storage.absolute(folder)
  try:
    path.mkdir(parents=True, exist_ok=True)
  except OSError as error:
    raise ValueError(f'{path} cannot be written: {error.strerror}') from None
  return path


def check_writable(folder: pathlib.Path) -> None:
  """Raises `ValueError` unless files can be made in a folder.

  The folder may not exist yet; nothing is written. Of a bucket only a write
  shows it: the lock's.
  """
  if storage.is_remote(folder):
    return
  existing = next(p for p in (folder, *folder.parents) if os.path.lexists(p))
  if not os.path.isdir(existing) or not os.access(existing, os.W_OK | os.X_OK):
    raise ValueError(
      f'{folder} cannot be written; accepted is a directory in which this'
      ' process may make files'
    )


def begun(workdir: str | os.PathLike[str]) -> bool:
  """Returns whether a directory belongs to a run.

  Raises:
    ValueError: the directory cannot be read.
  """
  path = storage.absolute(workdir) / CONFIG
  try:
    return path.exists()
  except Exception as error:  # A bucket's client has its own.
    why = getattr(error, 'strerror', None) or error
    raise ValueError(f'{path} cannot be read: {why}') from None


def finished(root: pathlib.Path) -> dict[str, Any] | None:
  """Returns the summary of a finished run, or `None`.

  Raises:
    ValueError: the summary cannot be read, or is incomplete.
  """
  path = root / SUMMARY
  if not begun(root) or not path.exists():
    return None
  try:
    summary = json.loads(path.read_text('utf-8'))
    missing = [name for name in _ALWAYS if name not in summary]
  except (OSError, ValueError, TypeError) as error:
    raise ValueError(f'{path} cannot be read: {error}. {_MEND}') from None
  if missing:
    raise ValueError(f'{path} lacks {missing[0]!r}. {_MEND}')
  return _current(summary, path)


def _current(summary: dict[str, Any], path: pathlib.Path) -> dict[str, Any]:
  """Returns a summary in the form of today.

  Earlier versions wrote a spread over the seeds of a workdir, here of one.
  """
  if summary.pop('replicates', 1) != 1:
    raise ValueError(
      f'{path} is of several seeds in one workdir, as of earlier versions;'
      ' accepted is a workdir for each (`--sweep config.seed=0:N`)'
    )
  summary.pop('failed', None)
  if 'carry' in summary:
    summary['execution'] = summary.pop('carry')
  return {
    name: value['values'][0]
    if isinstance(value, dict) and value.keys() == {'mean', 'std', 'values'}
    else value
    for name, value in summary.items()
  }


def write_summary(root: pathlib.Path, summary: dict[str, Any]) -> None:
  """Marks the run as finished."""
  storage.write_atomic(root / SUMMARY, json.dumps(summary, indent=2))


def read_config(root: str | os.PathLike[str]) -> dict[str, Any]:
  """Reads the config of the run in a directory, as nested dicts.

  Raises:
    ValueError: there is none, or it cannot be read.
  """
  return _read(root)['config']


def _read(root: str | os.PathLike[str]) -> dict[str, Any]:
  """Reads the content of `config.json`."""
  path = storage.absolute(root) / CONFIG
  try:
    content = json.loads(path.read_text('utf-8'))
    content['config'] = identity.current(content['config'])
  except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
    raise ValueError(f'{path} is not the config of a run: {error}') from None
  return content


def origins(root: str | os.PathLike[str]) -> Origins:
  """Returns what a run started from; empty where it was not recorded.

  Raises:
    ValueError: there is no run, or its config cannot be read.
  """
  content = _read(root)
  return Origins(content.get('sources', {}), content.get('data', {}))


def foreign(root: pathlib.Path) -> list[str]:
  """Lists the names of files in a directory where no run has begun.

  The remains of a run that was killed as it began are left out.
  """
  files = sorted(p.name for p in root.iterdir()) if root.is_dir() else []
  ignored = {'.lock'}
  if storage.is_remote(root):
    ignored.add(root.name)  # The empty object that a console makes a folder by.
  return [n for n in files if n not in ignored and not n.endswith('.partial')]


def _check_free(root: pathlib.Path) -> None:
  """Raises `ValueError` if a directory of no run holds other files."""
  if files := foreign(root):
    raise ValueError(
      f'{root} holds {files[0]!r} and no {CONFIG}, so it is no run of ours;'
      ' choose a new or an empty workdir'
    )


def _check_owner(root: pathlib.Path, config: RunConfig, now: Origins) -> None:
  differing = identity.differences(read_config(root), config)
  if differing:
    raise ValueError(
      f'{root} holds a run of another config; fields that differ (there ->'
      f' here): {"; ".join(differing)}. Choose another workdir'
    )
  changed = origins(root).changes(now)
  if changed:
    raise ValueError(
      f'{root} holds a run that started from something else (then -> now):'
      f' {"; ".join(changed)}. Choose another workdir, or put back what it'
      ' started from'
    )
