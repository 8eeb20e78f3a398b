"""Configs as nested dicts, and flat, by dotted field."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from flax.core import FrozenDict

from jaxsparse.config.run_config import RunConfig

Section = TypeVar('Section')


def to_dict(config: Any, *, stored: bool = False) -> dict[str, Any]:
  """Returns a config or a section as nested dicts, hyperparameters inline.

  Args:
    config: a `RunConfig`, or one of its sections.
    stored: whether to leave out the fields that `lengths.in_steps` resets.
  """
  out: dict[str, Any] = {}
  for one in dataclasses.fields(config):
    value = getattr(config, one.name)
    if one.name == 'hyperparameters':
      out |= value.unfreeze()
    elif dataclasses.is_dataclass(value):
      out[one.name] = to_dict(value, stored=stored)
    elif not stored or one.metadata['stored'] or value != one.default:
      out[one.name] = value
  return out


def from_dict(kind: type[Section], tree: Mapping[str, Any]) -> Section:
  """Returns the `kind` of config or section whose `to_dict` is `tree`."""
  own = {one.name: one.default for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
  values = {
    name: from_dict(type(own[name]), value)
    if dataclasses.is_dataclass(own[name])
    else value
    for name, value in tree.items()
    if name in own
  }
  if 'hyperparameters' in own:
    values['hyperparameters'] = FrozenDict(
      {name: value for name, value in tree.items() if name not in own}
    )
  return kind(**values)


def flat(config: RunConfig | Mapping[str, Any]) -> dict[str, Any]:
  """Returns dotted field -> value of a config, or of nested dicts."""
  if isinstance(config, RunConfig):
    config = to_dict(config)
  return dict(_flat(config, ''))


def _flat(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
  for key, value in tree.items():
    if isinstance(value, dict) and value:
      yield from _flat(value, f'{prefix}{key}.')
    else:
      yield prefix + key, value
