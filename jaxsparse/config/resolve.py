"""Makes the `RunConfig` of a config file: complete, and every field checked.

Every check happens here, in `lengths.py`, or in the builders that
`runs/build.py` calls, before anything compiles and before anything is written.
"""

import logging
import os
from collections.abc import Mapping
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.dicts import flat, from_dict
from jaxsparse.config.fields import SEEDS, check, typed, within
from jaxsparse.config.run_config import ACCEPTED, BESIDE, SOURCES, RunConfig
from jaxsparse.core import choices

_log = logging.getLogger(__name__)

Tree = dict[str, Any]

# Fields of earlier versions, with what replaces them.
_FORMER = {
  'replicates': ' (several seeds are a sweep: `--sweep config.seed=0:N`)'
}


def resolve(config: Any) -> RunConfig:
  """Returns the config of a run with every field set and checked.

  Where the name of a section was changed, fields that only another method takes
  are left out with a note in the log, so that a config file of one method
  serves another by `--config.updater.name`.

  Args:
    config: a `ConfigDict` made by `default_config`, or nested dicts, as from
      `config.json`. Fields that it lacks have their defaults.

  Raises:
    ValueError: names the wrong field, its value, and what is accepted.
  """
  tree = config_lib.nested(config) if config_lib.is_config(config) else config
  written = {
    key: dict(value) if isinstance(value, Mapping) else value
    for key, value in tree.items()
  }
  for section in config_lib.SECTIONS:
    if not isinstance(written.setdefault(section, {}), dict):
      raise ValueError(
        f'config.{section}: got {written[section]!r}; it is a section'
      )
  names = {
    section: written[section]['name']
    for section in config_lib.SECTIONS
    if written[section].get('name') is not None
  }
  complete = config_lib.nested_defaults(**names)
  made_for = written.pop('made_for', {})
  _drop_stale(written, made_for, complete)
  for section in config_lib.SECTIONS:
    name = complete[section]['name']
    if name != made_for.get(section):
      written[section] = applicable(section, name, written[section])
    _admit_required(section, name, written[section], complete[section])
  _merge(complete, written, '')
  for field, value in flat(complete).items():
    if field in ACCEPTED:
      check(field, value, ACCEPTED[field])
  _check_sources(complete['init'])
  _check_lottery(complete)
  _check_accumulation(complete)
  _make_absolute(complete['init'])
  _make_data_absolute(complete['data'])
  check('seed', complete['seed'], within(0, SEEDS - 1))
  return from_dict(RunConfig, complete)


def _check_sources(init: Tree) -> None:
  """Raises `ValueError` for fields on a source that is not set."""
  for field, source in (
    ('checkpoint_step', 'checkpoint'),
    ('masks_step', 'masks'),
    ('signs_step', 'signs'),
    ('align_from_step', 'align_from'),
    ('align_to_step', 'align_to'),
    ('shuffle_masks', 'masks'),
    ('with_statistics', 'checkpoint'),
    ('with_optimizer', 'checkpoint'),
  ):
    if not (init[source] or init[field] is None or init[field] is False):
      raise ValueError(
        f'config.init.{field}: got {init[field]!r}, which says something of'
        f' config.init.{source}; that is not set'
      )
  needed = [bool(init[f]) for f in ('transplant', 'align_from', 'align_to')]
  if any(needed) and not (all(needed) and init['masks']):
    raise ValueError(
      f'config.init.transplant: got {init["transplant"]!r}, with align_from'
      f' {init["align_from"]!r}, align_to {init["align_to"]!r} and masks'
      f' {init["masks"]!r}; accepted are all of these, or none but masks'
    )
  if init['counts'] == 'masks' and not (init['masks'] or init['checkpoint']):
    raise ValueError(
      "config.init.counts: got 'masks', which says something of"
      ' config.init.masks or config.init.checkpoint; neither is set'
    )


def _check_lottery(complete: Tree) -> None:
  """Raises `ValueError` for a cut without masks, or half an anchor."""
  init, pruning = complete['init'], complete['pruning']
  anchors = complete['anchors']
  if pruning['level'] and not init['masks']:
    raise ValueError(
      f'config.pruning.level: got {pruning["level"]}, the round that cuts the'
      ' masks of config.init.masks; that is not set'
    )
  if bool(anchors['runs']) != bool(anchors['weight']):
    raise ValueError(
      f'config.anchors: got runs {anchors["runs"]!r} and weight'
      f' {anchors["weight"]}; accepted are both, or neither'
    )


def _check_accumulation(complete: Tree) -> None:
  """Raises `ValueError` for a batch that has no equal micro-batches."""
  batch, number = complete['batch_size'], complete['compute']['accumulation']
  if batch % number:
    raise ValueError(
      f'config.compute.accumulation: got {number}; accepted are divisors of'
      f' config.batch_size, {batch}'
    )


def _make_absolute(init: Tree) -> None:
  """Makes the paths of sources absolute, `~` expanded.

  The sources of a run are part of its identity, which must not depend on the
  current directory.
  """
  for field in SOURCES:
    source = init[field]
    if source and not source.startswith(BESIDE) and '://' not in source:
      init[field] = os.path.abspath(os.path.expanduser(source))


def _make_data_absolute(data: Tree) -> None:
  """Makes the path of the user's own data absolute, as those of sources are.

  A file whose path does not begin like one is in `data.dir`, if that is set.
  """
  name = data['name']
  if isinstance(name, str) and (
    name.startswith(('.', '~')) or (name.endswith('.npz') and not data['dir'])
  ):
    data['name'] = os.path.abspath(os.path.expanduser(name))


def _drop_stale(written: Tree, made_for: Tree, complete: Tree) -> None:
  """Drops the defaults of the old method where a name was changed."""
  stale = config_lib.nested_defaults(**made_for)
  for section in config_lib.SECTIONS:
    name, old = complete[section]['name'], stale[section]
    if not made_for or name == old['name']:
      continue
    for field in set(written[section]) & set(old) - {'name'}:
      if written[section][field] == old[field]:
        del written[section][field]
        if old[field] != complete[section].get(field, old[field]):
          _log.info(
            'config.%s.%s: the default of %s, %r, in place of %r',
            section,
            field,
            name,
            complete[section][field],
            old[field],
          )


def _admit_required(
  section: str, name: Any, written: Tree, complete: Tree
) -> None:
  """Adds the hyperparameters without a default to `complete`."""
  for field, p in config_lib.hyperparameters(section, name).items():
    if p.default is p.empty and written.get(field) is None:
      raise ValueError(f'config.{section}.{field}: {name} needs a value')
    complete.setdefault(field, None)


def applicable(section: str, name: config_lib.Named, written: Tree) -> Tree:
  """Returns `written` without fields that only other methods take."""
  accepted = config_lib.hyperparameters(section, name)
  common = config_lib.nested_defaults(**{section: name})
  of_methods: set[str] = set()
  for other in config_lib.names(section):
    of_methods |= set(config_lib.hyperparameters(section, other))
  foreign = (of_methods - set(accepted) - set(common[section])) & set(written)
  for field in sorted(foreign):
    _log.info('config.%s.%s does not apply to %s', section, field, name)
  return {k: v for k, v in written.items() if k not in foreign}


def _merge(into: Tree, written: Tree, prefix: str) -> None:
  """Writes `written` over `into`; refuses unknown fields and types."""
  for key, value in written.items():
    field = prefix + key
    former = _FORMER.get(field, '')
    choices.check(f'config.{field}: no such field{former}', key, sorted(into))
    if isinstance(into[key], dict):
      if not isinstance(value, dict):
        raise ValueError(f'config.{field}: got {value!r}; it is a section')
      _merge(into[key], value, f'{field}.')
    else:
      into[key] = typed(field, value, into[key])
