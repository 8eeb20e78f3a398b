"""Configs of a model and data set differ in method and initialisation alone."""

import collections
import importlib.util
import pathlib

import pytest

from jaxsparse.config import resolve

ROOT = pathlib.Path(__file__).parents[2]
# Those that the papers compare everywhere; small nets have them all.
METHODS = {'dense', 'static', 'set', 'rigl', 'gmp'}
SMALL = METHODS | {'snfs', 'magnitude', 'snip'}


def families():
  """(data set, model) -> method -> resolved config."""
  found = collections.defaultdict(dict)
  for path in sorted((ROOT / 'configs').glob('*/*_*.py')):
    if path.parent.name == 'studies' or path.name == '__init__.py':
      continue
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = resolve.resolve(module.get_config())
    method = config['updater']['name']
    # A file that is not named by its method is a family of its own, and
    # lacks the others.
    model = path.stem.removesuffix(f'_{method}')
    found[path.parent.name, model][method] = config
  return found


FAMILIES = families()


@pytest.mark.parametrize('family', FAMILIES, ids='/'.join)
def test_a_family_has_every_method(family):
  small = family[0] in ('digits', 'mnist')
  assert set(FAMILIES[family]) >= (SMALL if small else METHODS)
  for method, config in FAMILIES[family].items():
    assert config['updater']['name'] == method


@pytest.mark.parametrize('family', FAMILIES, ids='/'.join)
def test_a_family_shares_all_but_the_method(family):
  shared = [
    {k: v for k, v in config.items() if k not in ('updater', 'init')}
    for config in FAMILIES[family].values()
  ]
  assert all(one == shared[0] for one in shared)


@pytest.mark.parametrize('family', FAMILIES, ids='/'.join)
def test_the_sparse_methods_of_a_family_aim_at_one_sparsity(family):
  targets = {
    (u['sparsity'], u['distribution'], u['dense_first'], u['layers'])
    for u in (config['updater'] for config in FAMILIES[family].values())
    if u['name'] != 'dense'
  }
  assert len(targets) == 1
