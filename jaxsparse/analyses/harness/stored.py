"""Results of analyses in files, and what they were computed from."""

import hashlib
import json
import logging
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse import storage
from jaxsparse.analyses.harness import calls
from jaxsparse.analyses.harness.result import Function, Result, from_csv, to_csv
from jaxsparse.errors import saving
from jaxsparse.runs import workdir

_log = logging.getLogger(__name__)
# Entries of a summary that do not describe the run: analyses by
# `launch.analyze`, and times.
_PASSED_OVER = ('analyses', 'wall_seconds', 'steps_per_second')
# Entries of a request, in words.
_WORDS = {
  'source': "the file of the analysis' function",
  'summaries': 'a summary of its members',
}


def once(
  spec: str | Function,
  names: Sequence[Sequence[str]],
  root: pathlib.Path,
  options: Mapping[str, Any],
  stem: pathlib.Path,
) -> Result:
  """Returns the stored result of an equal call, or computes and stores it.

  A call is equal if it has the same function, runs and options, and neither the
  file of the function nor the summary of a run has changed. Modules that the
  file imports are not compared.

  Args:
    spec: the analysis, see `calls.find`.
    names: folders of runs in `root`, a list for each kind of run.
    root: folder of runs.
    options: of the analysis.
    stem: path of the files, without suffix.

  Raises:
    ValueError: it does not apply to these runs; names the reason.
    SaveFailed: the result cannot be written.
  """
  function = calls.find(spec)
  pooled = calls.takes_pools(function)
  paths = [[root / name for name in pool] for pool in names]
  request = {
    'function': calls.name_of(spec),
    'inputs': [list(pool) if pooled else pool[0] for pool in names],
    'options': json.loads(json.dumps(dict(options), default=repr)),
    'source': _source(function),
    'summaries': [[_summary(path) for path in pool] for pool in paths],
  }
  if (stored := read(stem, request)) is not None:
    return stored
  _log_why(stem, request)
  result = calls.call(function, paths, options)
  with saving(stem):
    write(stem, request, result)
  # Read back, so that figures are the same whether computed now or stored.
  return read(stem, request) or Result({})


def write(
  stem: pathlib.Path, request: Mapping[str, Any], result: Result
) -> tuple[pathlib.Path, ...]:
  """Writes `stem`.json, and `stem`.csv if there is a table.

  Args:
    stem: path without suffix; its folder is created if missing.
    request: describes the call, for JSON; written with the numbers.
    result: as from `calls.call`.

  Returns:
    The paths of the files.
  """
  numbers, table = _files(stem)
  stem.parent.mkdir(parents=True, exist_ok=True)
  # Deleted first and written last: a result that has it is complete.
  numbers.unlink(missing_ok=True)
  table.unlink(missing_ok=True)
  if result.table:
    storage.write_atomic(table, to_csv(result.table))
  content = {**request, 'numbers': dict(result.numbers)}
  storage.write_atomic(numbers, json.dumps(content, indent=2))
  return (numbers, table) if result.table else (numbers,)


def read(stem: pathlib.Path, request: Mapping[str, Any]) -> Result | None:
  """Reads the stored result of an equal request, or returns `None`."""
  if request_of(stem) != request:
    return None
  numbers, table = _files(stem)
  saved = json.loads(numbers.read_text('utf-8'))['numbers']
  text = table.read_text('utf-8') if table.exists() else ''
  return Result(saved, from_csv(text) if text else {})


def request_of(stem: pathlib.Path) -> Mapping[str, Any] | None:
  """Reads the request of a stored result; `None` if it cannot be read."""
  try:
    content = json.loads(_files(stem)[0].read_text('utf-8'))
    del content['numbers']
  except (OSError, ValueError, KeyError, TypeError):
    return None
  return content


def _files(stem: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
  # Not `with_suffix`: names of members have points in them.
  return stem.with_name(f'{stem.name}.json'), stem.with_name(f'{stem.name}.csv')


def _source(function: Function) -> str:
  """Returns the digest of the file of a function, '' if it has none.

  Functions typed at a prompt have no file.
  """
  module = sys.modules.get(function.__module__)
  path = getattr(module, '__file__', None)
  return _digest(pathlib.Path(path).read_bytes()) if path else ''


def _summary(root: pathlib.Path) -> str:
  summary = workdir.finished(root) or {}
  relevant = {k: v for k, v in summary.items() if k not in _PASSED_OVER}
  return _digest(json.dumps(relevant, sort_keys=True).encode())


def _digest(content: bytes) -> str:
  return hashlib.sha256(content).hexdigest()[:12]


def _log_why(stem: pathlib.Path, request: Mapping[str, Any]) -> None:
  """Logs why a stored result, if there is one, cannot be used."""
  name, before = f'analysis {stem.parent.name}', request_of(stem)
  if before is None:
    _log.debug('%s: %s', name, stem.name)
    return
  changed = [
    _WORDS.get(entry, entry)
    for entry in sorted(request.keys() | before.keys())
    if request.get(entry) != before.get(entry)
  ]
  _log.info(
    '%s of %s is made anew: changed since is %s',
    name,
    stem.name,
    ', '.join(changed),
  )
