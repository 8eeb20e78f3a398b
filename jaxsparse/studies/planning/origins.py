"""Digests of the code and inputs of a stored analysis."""

import hashlib
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from jaxsparse.results import findings
from jaxsparse.runs import workdir

# Entries of a summary that do not describe the run: analyses made by hand, and
# times.
_PASSED_OVER = ('analyses', 'wall_seconds', 'steps_per_second')


def origins(
  function: findings.Function, pools: Sequence[Sequence[pathlib.Path]]
) -> dict[str, Any]:
  """Returns digests, for JSON, of the function's file and runs' summaries.

  Args:
    function: the analysis. Modules that its file imports are not digested.
    pools: workdirs of finished runs.
  """
  return {
    'source': _source(function),
    'summaries': [[_summary(root) for root in pool] for pool in pools],
  }


def _source(function: findings.Function) -> str:
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
