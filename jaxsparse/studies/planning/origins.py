"""What a kept analysis hangs on besides what was asked: code, and inputs."""

import hashlib
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from jaxsparse.results import findings
from jaxsparse.runs import workdir

# Of a summary, what does not change the run: analyses that were made by hand,
# and the clock.
_PASSED_OVER = ('analyses', 'wall_seconds', 'steps_per_second')


def origins(
  function: findings.Function, pools: Sequence[Sequence[pathlib.Path]]
) -> dict[str, Any]:
  """For JSON: digests of the function's file and of the runs' summaries.

  Args:
    function: the analysis. What its file imports is not looked at.
    pools: workdirs of finished runs.
  """
  return {
    'source': _source(function),
    'summaries': [[_summary(root) for root in pool] for pool in pools],
  }


def _source(function: findings.Function) -> str:
  """'' where there is no file, as of what was typed."""
  module = sys.modules.get(function.__module__)
  path = getattr(module, '__file__', None)
  return _digest(pathlib.Path(path).read_bytes()) if path else ''


def _summary(root: pathlib.Path) -> str:
  summary = workdir.finished(root) or {}
  kept = {k: v for k, v in summary.items() if k not in _PASSED_OVER}
  return _digest(json.dumps(kept, sort_keys=True).encode())


def _digest(content: bytes) -> str:
  return hashlib.sha256(content).hexdigest()[:12]
