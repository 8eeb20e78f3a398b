"""Configs of a file differ in method and initialisation alone."""

import collections
import dataclasses
import functools

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
# Lotteries start from a dense net, and have no method.
FAMILIES = [
  name
  for name in config_files.names()
  if not name.startswith(('studies/', 'lottery/'))
]


@functools.cache
def configs(family):
  """The resolved config of each method of `family`, data set and model."""
  return {
    method: resolve.resolve(config_files.load(f'{family}:{method}'))
    for method in config_files.arguments(family)
  }


@pytest.mark.parametrize('family', FAMILIES)
def test_a_family_has_every_method(family):
  small = family.startswith(('digits/', 'mnist/'))
  assert set(configs(family)) >= (SMALL if small else METHODS)
  for method, config in configs(family).items():
    assert config.updater.name == method


@pytest.mark.parametrize('family', FAMILIES)
def test_a_family_shares_all_but_the_method(family):
  shared = [
    dataclasses.replace(
      config,
      updater=UpdaterConfig(),
      init=InitConfig(),
      scoring=ScoringConfig(),
    )
    for config in configs(family).values()
  ]
  assert all(one == shared[0] for one in shared)


@pytest.mark.parametrize('family', FAMILIES)
def test_the_sparse_methods_of_a_family_aim_at_one_sparsity(family):
  by_kind = collections.defaultdict(set)
  for config in configs(family).values():
    section = config.updater
    # Those that rank all layers together have a total for a target.
    kind = 'by_layer' in section.hyperparameters
    if section.name != 'dense':
      target = section.sparsity, section.dense_first, section.layers
      by_kind[kind].add((*target, section.distribution))
  assert [len(targets) for targets in by_kind.values()] == [1] * len(by_kind)
  assert len({target[:3] for kind in by_kind.values() for target in kind}) == 1
