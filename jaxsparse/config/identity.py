"""What makes two runs the same run: the resolved config.

Only fields that differ from today's defaults count. A field that is added
with a default leaves old runs what they were; a default that changes makes
old runs, which hold its old value, other ones.
"""

import hashlib
import json
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.fields import Plain, flat

# Where a run may differ and still be the same run.
_NOT_IDENTITY = ('data.dir', 'data.workers', 'checkpoint.keep')


def to_json(resolved: Plain) -> str:
  """The resolved config as JSON, keys sorted; functions by dotted path."""
  return json.dumps(resolved, indent=2, sort_keys=True, default=_name)


def jsonable(resolved: Plain) -> Plain:
  """The resolved config as JSON would give it back."""
  return json.loads(to_json(resolved))


def digest(resolved: Plain) -> str:
  """Twelve hex digits of the SHA-256 of what identifies the run."""
  text = json.dumps(_essence(resolved), sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:12]


def whole_digest(resolved: Plain) -> str:
  """Likewise of all fields that count, defaults or not.

  It tells configs apart that a changed default makes two, and does not change
  with the defaults.
  """
  fields = flat(jsonable(resolved))
  kept = {k: v for k, v in fields.items() if k not in _NOT_IDENTITY}
  text = json.dumps(kept, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:12]


def differences(theirs: Plain, ours: Plain) -> list[str]:
  """`field: theirs -> ours` for each field in which the configs differ."""
  a, b = _essence(theirs), _essence(ours)
  there, here = flat(jsonable(theirs)), flat(jsonable(ours))
  return [
    f'config.{field}: {there.get(field)!r} -> {here.get(field)!r}'
    for field in sorted(a.keys() | b.keys())
    if a.get(field) != b.get(field)
  ]


def _essence(resolved: Plain) -> Plain:
  """Flat, as JSON would give it back; without defaults and what may differ."""
  names = {
    section: resolved[section]['name']
    for section in config_lib.SECTIONS
    if 'name' in resolved.get(section, {})
  }
  defaults = config_lib.plain(config_lib.default_config(**names))
  usual = flat(jsonable({k: defaults[k] for k in defaults if k in resolved}))
  fields = flat(jsonable(resolved))
  return {
    k: v
    for k, v in fields.items()
    if k not in _NOT_IDENTITY and (k.endswith('.name') or v != usual.get(k))
  }


def _name(value: Any) -> str:
  if not callable(value):
    return str(value)
  name = getattr(value, '__qualname__', '<')
  if '<' in name:
    raise ValueError(
      f'{value!r} has no name that could be found again; accepted in a config'
      ' are functions of a module'
    )
  return f'{value.__module__}.{name}'
