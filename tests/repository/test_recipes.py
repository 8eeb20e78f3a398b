"""Configs of a file differ in method and initialisation alone."""

import dataclasses

import pytest

from jaxsparse.config import resolve
from jaxsparse.config.run_config import (
  InitConfig,
  ScoringConfig,
  UpdaterConfig,
)
from jaxsparse.studies import config_files

# Those that the papers compare everywhere; small nets have them all.
METHODS = {'dense', 'static', 'set', 'rigl', 'gmp'}
SMALL = METHODS | {'snfs', 'magnitude', 'snip'}


def families():
  """(data set, model) -> method -> resolved config."""
  found = {}
  for name in config_files.names():
    if not name.startswith('studies/'):
      found[tuple(name.split('/'))] = {
        method: resolve.resolve(config_files.load(f'{name}:{method}'))
        for method in config_files.arguments(name)
      }
  return found


FAMILIES = families()


@pytest.mark.parametrize('family', FAMILIES, ids='/'.join)
def test_a_family_has_every_method(family):
  small = family[0] in ('digits', 'mnist')
  assert set(FAMILIES[family]) >= (SMALL if small else METHODS)
  for method, config in FAMILIES[family].items():
    assert config.updater.name == method


@pytest.mark.parametrize('family', FAMILIES, ids='/'.join)
def test_a_family_shares_all_but_the_method(family):
  shared = [
    dataclasses.replace(
      config,
      updater=UpdaterConfig(),
      init=InitConfig(),
      scoring=ScoringConfig(),
    )
    for config in FAMILIES[family].values()
  ]
  assert all(one == shared[0] for one in shared)


@pytest.mark.parametrize('family', FAMILIES, ids='/'.join)
def test_the_sparse_methods_of_a_family_aim_at_one_sparsity(family):
  targets = {
    (u.sparsity, u.distribution, u.dense_first, u.layers)
    for u in (config.updater for config in FAMILIES[family].values())
    if u.name != 'dense'
  }
  assert len(targets) == 1
