"""Configs of a file differ in method and initialisation alone."""

import collections
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
    # Lotteries start from a dense net, and have no method.
    if not name.startswith(('studies/', 'lottery/')):
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
  by_kind = collections.defaultdict(set)
  for config in FAMILIES[family].values():
    section = config.updater
    # Those that rank all layers together have a total for a target.
    kind = 'by_layer' in section.hyperparameters
    if section.name != 'dense':
      target = section.sparsity, section.dense_first, section.layers
      by_kind[kind].add((*target, section.distribution))
  assert [len(targets) for targets in by_kind.values()] == [1] * len(by_kind)
  assert len({target[:3] for kind in by_kind.values() for target in kind}) == 1
