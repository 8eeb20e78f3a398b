"""The identity of a run: its config, with all lengths in steps.

Only fields that differ from today's defaults count. A field that is added
with a default does not change the identity of old runs; a default that changes
does, as they hold its old value.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.dicts import flat, to_dict
from jaxsparse.config.run_config import RunConfig

# A config, or what `config.json` has of one: nested dicts, or flat.
Config = RunConfig | Mapping[str, Any]

# Fields that may differ between equal runs.
_NOT_IDENTITY = ('data.dir', 'data.workers', 'checkpoint.keep', 'loggers')


def to_json(content: Any) -> str:
  """Formats JSON: sorted keys, configs as they are stored, functions by path.

  Args:
    content: a `RunConfig` whose lengths are in steps, or dicts that hold it.
  """
  return json.dumps(content, indent=2, sort_keys=True, default=_encoded)


def current(stored: Mapping[str, Any]) -> dict[str, Any]:
  """Returns a stored config as it is written today.

  Earlier versions stored a number of seeds, `replicates`: with one of them it
  is the same run.
  """
  return {k: v for k, v in stored.items() if (k, v) != ('replicates', 1)}


def jsonable(config: Config) -> dict[str, Any]:
  """Returns a config as it would be read back from JSON."""
  return json.loads(to_json(config))


def digest(config: Config) -> str:
  """Returns twelve hex digits of the SHA-256 of the identity of a run."""
  return _hash(_essence(config))


def whole_digest(config: Config) -> str:
  """Returns the digest of all fields that count, defaults or not.

  It differs between configs that differ only by a changed default, and does not
  change with the defaults.
  """
  fields = flat(jsonable(config))
  return _hash({k: v for k, v in fields.items() if k not in _NOT_IDENTITY})


def _hash(fields: dict[str, Any]) -> str:
  text = json.dumps(fields, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:12]


def differences(theirs: Config, ours: Config) -> list[str]:
  """Lists `field: theirs -> ours` for each field in which configs differ."""
  a, b = _essence(theirs), _essence(ours)
  their_fields, our_fields = flat(jsonable(theirs)), flat(jsonable(ours))
  return [
    f'config.{field}: {their_fields.get(field)!r} -> {our_fields.get(field)!r}'
    for field in sorted(a.keys() | b.keys())
    if a.get(field) != b.get(field)
  ]


def changed(fields: Mapping[str, Any]) -> dict[str, Any]:
  """Returns the fields that are no defaults, and all names.

  Args:
    fields: of a config, flat, as from JSON.
  """
  names = {
    section: fields[f'{section}.name']
    for section in config_lib.SECTIONS
    if f'{section}.name' in fields
  }
  usual = flat(jsonable(config_lib.nested_defaults(**names)))
  return {
    k: v for k, v in fields.items() if k.endswith('.name') or v != usual.get(k)
  }


def _essence(config: Config) -> dict[str, Any]:
  """Returns the flat fields, as from JSON, that count and are no defaults."""
  fields = changed(flat(jsonable(config)))
  return {k: v for k, v in fields.items() if k not in _NOT_IDENTITY}


def _encoded(value: Any) -> Any:
  return (
    to_dict(value, stored=True) if isinstance(value, RunConfig) else name(value)
  )


def name(value: Any) -> str:
  """Returns the dotted path of a function, and other values as text."""
  if not callable(value):
    return str(value)
  path = getattr(value, '__qualname__', '<')
  if '<' in path:
    raise ValueError(
      f'{value!r} has no name that could be found again; accepted in a config'
      ' are functions of a module'
    )
  return f'{value.__module__}.{path}'
