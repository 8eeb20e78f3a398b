"""The identity of a run: its resolved config.

Only fields that differ from today's defaults count. A field that is added
with a default does not change the identity of old runs; a default that changes
does, as they hold its old value.
"""

import hashlib
import json
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.fields import Plain, flat

# Fields that may differ between equal runs.
_NOT_IDENTITY = ('data.dir', 'data.workers', 'checkpoint.keep')


def to_json(resolved: Plain) -> str:
  """Formats a resolved config as JSON: sorted keys, functions by path."""
  return json.dumps(resolved, indent=2, sort_keys=True, default=_name)


def jsonable(resolved: Plain) -> Plain:
  """Returns the resolved config as it would be read back from JSON."""
  return json.loads(to_json(resolved))


def digest(resolved: Plain) -> str:
  """Returns twelve hex digits of the SHA-256 of the identity of a run."""
  text = json.dumps(_essence(resolved), sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:12]


def whole_digest(resolved: Plain) -> str:
  """Returns the digest of all fields that count, defaults or not.

  It differs between configs that differ only by a changed default, and does not
  change with the defaults.
  """
  fields = flat(jsonable(resolved))
  counted = {k: v for k, v in fields.items() if k not in _NOT_IDENTITY}
  text = json.dumps(counted, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:12]


def differences(theirs: Plain, ours: Plain) -> list[str]:
  """Lists `field: theirs -> ours` for each field in which configs differ."""
  a, b = _essence(theirs), _essence(ours)
  their_fields, our_fields = flat(jsonable(theirs)), flat(jsonable(ours))
  return [
    f'config.{field}: {their_fields.get(field)!r} -> {our_fields.get(field)!r}'
    for field in sorted(a.keys() | b.keys())
    if a.get(field) != b.get(field)
  ]


def _essence(resolved: Plain) -> Plain:
  """Returns the flat fields, as from JSON, that count and are no defaults."""
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
