"""Changes that a run of a study makes to its base config."""

from collections.abc import Mapping
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.dicts import flat
from jaxsparse.config.resolve import applicable
from jaxsparse.core import paths
from jaxsparse.studies.spec import Run

_LENGTHS = ('num_steps', 'num_epochs')


def check_fields(run: Run, base: Any) -> None:
  """Raises `ValueError` if `run` changes a field that no config has.

  Args:
    run: of a study.
    base: its base `ConfigDict`. Hyperparameters of the other methods of a
      section are accepted too, as in a config file.
  """
  names = {
    section: base[section]['name']
    for section in config_lib.SECTIONS
    if section in base
  }
  complete = config_lib.nested_defaults(**names)
  accepted = set(flat(complete)) | set(flat(config_lib.nested(base)))
  for section in config_lib.SECTIONS:
    for name in config_lib.names(section):
      brought = config_lib.hyperparameters(section, name)
      accepted |= {f'{section}.{field}' for field in brought}
  for place in ('overrides', 'grid'):
    for field in getattr(run, place):
      if field not in accepted and not _may_bring(field, run):
        raise ValueError(
          f'study.runs[{run.name!r}].{place}: {field!r} is no field of a'
          f' config.{paths.nearest(field, accepted)}'
        )


def _may_bring(field: str, run: Run) -> bool:
  """Returns whether `field` may belong to a function that the run selects."""
  section = field.partition('.')[0]
  named = f'{section}.name'
  return (
    section in config_lib.SECTIONS
    and '.' in field
    and (named in run.overrides or named in run.grid)
  )


def _meant(base: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
  """Returns `changes` without hyperparameters of methods not selected.

  A grid over methods sets hyperparameters that only some of them have. The
  result does not depend on the method that the config file selects.
  """
  applicable_changes = dict(changes)
  for section in config_lib.SECTIONS:
    prefix = f'{section}.'
    section_changes = {
      field.removeprefix(prefix): value
      for field, value in changes.items()
      if field.startswith(prefix)
    }
    if section_changes and section in base:
      name = section_changes.get('name', base[section]['name'])
      applied = applicable(section, name, section_changes)
      for field in set(section_changes) - set(applied):
        del applicable_changes[prefix + field]
  return applicable_changes


def over(
  fields: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
  """Returns `fields` updated with `changes`.

  If `changes` sets `num_steps` or `num_epochs`, both are first removed from
  `fields`.
  """
  lengths = _LENGTHS if any(name in changes for name in _LENGTHS) else ()
  unchanged = {f: value for f, value in fields.items() if f not in lengths}
  return unchanged | dict(changes)


def changed(base: Any, changes: Mapping[str, Any], seed: int) -> Any:
  """Returns a copy of `base` for one member; `resolve` checks the values.

  Args:
    base: a `ConfigDict`.
    changes: dotted field -> value; one of `num_steps` and `num_epochs`
      replaces the other.
    seed: of the member.
  """
  config = base.copy_and_resolve_references()
  lengths = [name for name in _LENGTHS if name in changes]
  with config.unlocked(), config.ignore_type():
    if len(lengths) == 1:  # It overrides the length in `base`.
      config.update(dict.fromkeys(_LENGTHS))
    for field, value in _meant(base, changes).items():
      *sections, last = field.split('.')
      target = config
      for section in sections:
        target = target[section]
      target[last] = value
    config.seed, config.replicates = seed, 1
  return config
