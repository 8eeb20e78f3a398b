"""Every config file loads, says how it is run, and holds no unknown field."""

import ast
import importlib.util
import pathlib

import ml_collections
import pytest

from jaxsparse.experiments import resolve
from jaxsparse.experiments.studies.planning import check

ROOT = pathlib.Path(__file__).parents[2]
CONFIGS = sorted(
  str(path.relative_to(ROOT))
  for path in (ROOT / 'configs').rglob('*.py')
  if path.name != '__init__.py'
)
STUDIES = [name for name in CONFIGS if name.startswith('configs/studies/')]
RUNS = [name for name in CONFIGS if name not in STUDIES]


def load(name):
  spec = importlib.util.spec_from_file_location('config_file', ROOT / name)
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module.get_config()


@pytest.mark.parametrize('name', CONFIGS)
def test_the_docstring_says_the_command(name):
  docstring = ast.get_docstring(ast.parse((ROOT / name).read_text())) or ''
  program = 'study' if name in STUDIES else 'train'
  assert f'python -m launch.{program} ' in docstring
  assert f'--config={name}' in docstring


@pytest.mark.parametrize('name', RUNS)
def test_the_config_loads_and_validates(name):
  config = load(name)
  assert isinstance(config, ml_collections.ConfigDict)
  resolved = resolve.resolve(config)
  assert resolved['data']['name']


@pytest.mark.parametrize('name', STUDIES)
def test_the_study_loads_and_validates(name):
  check.check(load(name))


@pytest.mark.parametrize('name', RUNS)
def test_each_load_gives_a_config_of_its_own(name):
  first, second = load(name), load(name)
  first.seed = 12345
  assert second.seed != 12345
