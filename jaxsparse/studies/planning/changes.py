"""What a run of a study changes in its base config."""

from collections.abc import Mapping
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.fields import flat
from jaxsparse.config.resolve import applicable
from jaxsparse.core import paths
from jaxsparse.studies.spec import Run

_LENGTHS = ('num_steps', 'num_epochs')


def check_fields(run: Run, base: Any) -> None:
  """Raises `ValueError` if a field that `run` changes is no config's.

  Args:
    run: of a study.
    base: its `ConfigDict`. Fields that another method of a section brings are
      let through, as in a config file.
  """
  names = {
    section: base[section]['name']
    for section in config_lib.SECTIONS
    if section in base
  }
  complete = config_lib.plain(config_lib.default_config(**names))
  del complete['made_for']
  accepted = set(flat(complete)) | set(flat(config_lib.plain(base)))
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
  """Whether `field` may be one of a function that the run itself names."""
  section = field.partition('.')[0]
  named = f'{section}.name'
  return (
    section in config_lib.SECTIONS
    and '.' in field
    and (named in run.overrides or named in run.grid)
  )


def _meant(base: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
  """`changes` without what is said of other methods than the named one.

  A grid over methods says of each what some take. Which method the config file
  is of makes no difference.
  """
  left = dict(changes)
  for section in config_lib.SECTIONS:
    prefix = f'{section}.'
    said = {
      field.removeprefix(prefix): value
      for field, value in changes.items()
      if field.startswith(prefix)
    }
    if said and section in base:
      name = said.get('name', base[section]['name'])
      applied = applicable(section, name, said)
      for field in set(said) - set(applied):
        del left[prefix + field]
  return left


def over(
  fields: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
  """Returns `fields` with `changes` in their place.

  A length in `changes`, of `num_steps` and `num_epochs` the one or the other,
  takes the place of both.
  """
  lengths = _LENGTHS if any(name in changes for name in _LENGTHS) else ()
  left = {f: value for f, value in fields.items() if f not in lengths}
  return left | dict(changes)


def changed(base: Any, changes: Mapping[str, Any], seed: int) -> Any:
  """A copy of `base` for one member; `resolve` checks the values.

  Args:
    base: a `ConfigDict`.
    changes: dotted field -> value; one of `num_steps` and `num_epochs` takes
      the place of the other.
    seed: of the member.
  """
  config = base.copy_and_resolve_references()
  lengths = [name for name in _LENGTHS if name in changes]
  with config.unlocked(), config.ignore_type():
    if len(lengths) == 1:  # The one that is said here wins.
      config.update(dict.fromkeys(_LENGTHS))
    for field, value in _meant(base, changes).items():
      *sections, last = field.split('.')
      target = config
      for section in sections:
        target = target[section]
      target[last] = value
    config.seed, config.replicates = seed, 1
  return config
