"""Names to functions."""

import inspect

import pytest

from jaxsparse.core import registry
from jaxsparse.core.criteria.magnitude import magnitude

CRITERIA = 'jaxsparse.core.criteria'
MINE = """
def mine(x, *, a, b=2):
  return x


def other():
  return 3


n = 1
"""


@pytest.fixture
def _own_modules(tmp_path, monkeypatch):
  package = tmp_path / 'own_registry_package'
  package.mkdir()
  (package / '__init__.py').write_text('')
  (package / 'mine.py').write_text(MINE)
  (package / 'broken.py').write_text('import a_module_that_is_not_there\n')
  monkeypatch.syspath_prepend(tmp_path)


def test_names_are_the_public_modules():
  assert 'magnitude' in registry.names(CRITERIA)
  for package in ('jaxsparse.updaters', 'jaxsparse.core.distributions'):
    found = registry.names(package)
    assert list(found) == sorted(found)
    assert not any(name.startswith('_') for name in found)


@pytest.mark.parametrize(
  'package',
  ['jaxsparse.updaters', 'jaxsparse.core.distributions', CRITERIA],
)
def test_every_name_resolves_to_the_function_named_like_it(package):
  for name in registry.names(package):
    found = registry.resolve(name, package)
    assert found.__name__ == name
    assert found.__module__ == f'{package}.{name}'


def test_callables_pass():
  assert registry.resolve(magnitude, 'jaxsparse.updaters') is magnitude


def test_unknown_names_say_what_is_accepted():
  with pytest.raises(
    ValueError, match="'magnitud' is not one of criteria"
  ) as e:
    registry.resolve('magnitud', CRITERIA)
  for name in registry.names(CRITERIA):
    assert name in str(e.value)
  assert "Did you mean 'magnitude'?" in str(e.value)


def test_private_modules_are_not_names():
  with pytest.raises(ValueError, match='is not one of distributions'):
    registry.resolve('_budget', 'jaxsparse.core.distributions')


@pytest.mark.usefixtures('_own_modules')
def test_dotted_paths():
  for spec in ('own_registry_package.mine', 'own_registry_package.mine.mine'):
    assert registry.resolve(spec, CRITERIA).__name__ == 'mine'
  other = registry.resolve('own_registry_package.mine.other', CRITERIA)
  assert other() == 3


@pytest.mark.usefixtures('_own_modules')
@pytest.mark.parametrize(
  'spec',
  [
    'no_such_package.mine',
    'own_registry_package.yours',
    'own_registry_package.mine.yours',
    'own_registry_package.mine.n',
  ],
)
def test_dotted_paths_that_lead_nowhere(spec):
  with pytest.raises(ValueError, match='names no function'):
    registry.resolve(spec, CRITERIA)


@pytest.mark.usefixtures('_own_modules')
def test_an_error_inside_a_module_of_the_users_is_not_hidden():
  with pytest.raises(ModuleNotFoundError, match='a_module_that_is_not_there'):
    registry.resolve('own_registry_package.broken', CRITERIA)


@pytest.mark.usefixtures('_own_modules')
def test_parameters_are_the_keyword_only_ones():
  mine = registry.resolve('own_registry_package.mine', CRITERIA)
  found = registry.parameters(mine)
  assert list(found) == ['a', 'b']
  assert found['a'].default is found['a'].empty
  assert found['b'].default == 2


def test_options_of_what_is_built_are_parameters_of_its_builder():
  def doubled(built, *, twice=False, shared=0):
    return [*built, *built, shared] if twice else built

  def builder(x, *, a=1, shared):
    return [x, a, shared]

  builder.options = doubled
  assert list(registry.parameters(builder)) == ['a', 'shared', 'twice']
  assert (
    registry.parameters(builder)['shared'].default is inspect.Signature.empty
  )
  assert registry.build(builder, 7, a=2, shared=3) == [7, 2, 3]
  found = registry.build(builder, 7, shared=3, twice=True)
  assert found == [7, 1, 3, 7, 1, 3, 3]
  with pytest.raises(TypeError, match="'b'"):
    registry.build(builder, 7, shared=3, b=1)


def test_folders_beside_modules_are_no_names():
  assert 'growth' not in registry.names('jaxsparse.updaters')


def test_a_single_module_lends_its_public_functions():
  module = 'jaxsparse.core.initialisation'
  assert registry.names(module) == ('dense', 'layer_scaled', 'sparse')
  assert registry.resolve('sparse', module).__name__ == 'sparse'
  with pytest.raises(ValueError, match="mean 'sparse'"):
    registry.resolve('spars', module)
