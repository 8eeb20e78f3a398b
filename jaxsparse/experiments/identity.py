"""What makes two runs the same run: the resolved config."""

import hashlib
import json
from typing import Any

from jaxsparse.experiments.resolve import Plain, flat

# Where a run may differ and still be the same run.
_NOT_IDENTITY = ('data.dir', 'checkpoint.keep')


def to_json(resolved: Plain) -> str:
  """The resolved config as JSON, keys sorted; functions by dotted path."""
  return json.dumps(resolved, indent=2, sort_keys=True, default=_name)


def jsonable(resolved: Plain) -> Plain:
  """The resolved config as JSON would give it back."""
  return json.loads(to_json(resolved))


def digest(resolved: Plain) -> str:
  """Twelve hex digits of the SHA-256 of what identifies the run."""
  text = json.dumps(_identity(resolved), sort_keys=True, default=_name)
  return hashlib.sha256(text.encode()).hexdigest()[:12]


def differences(theirs: Plain, ours: Plain) -> list[str]:
  """`field: theirs -> ours` for each field in which the configs differ."""
  a, b = _identity(theirs), _identity(ours)
  return [
    f'config.{field}: {a.get(field)!r} -> {b.get(field)!r}'
    for field in sorted(a.keys() | b.keys())
    if a.get(field) != b.get(field)
  ]


def _identity(resolved: Plain) -> Plain:
  """Flat, as JSON would give it back, without what may differ."""
  fields = flat(jsonable(resolved))
  return {k: v for k, v in fields.items() if k not in _NOT_IDENTITY}


def _name(value: Any) -> str:
  if callable(value):
    return f'{value.__module__}.{value.__qualname__}'
  return str(value)
