"""Every config file loads, says how it is run, and holds no unknown field."""

import ast
import pathlib
import re

import ml_collections
import pytest

from jaxsparse.config import resolve
from jaxsparse.studies import config_files
from jaxsparse.studies.planning import check

ROOT = pathlib.Path(__file__).parents[2]
CONFIGS = sorted(
  str(path.relative_to(ROOT))
  for path in (ROOT / 'configs').rglob('*.py')
  if not path.name.startswith('_')
)
STUDIES = [name for name in CONFIGS if name.startswith('configs/studies/')]
RESULTS = sorted(
  str(path.relative_to(ROOT))
  for path in (ROOT / 'configs/studies').rglob('*.md')
  if path.name != 'README.md'
)
RUNS = [name for name in CONFIGS if name not in STUDIES]


def load(name):
  return config_files.load(str(ROOT / name))


@pytest.mark.parametrize('name', CONFIGS)
def test_the_docstring_says_the_command(name):
  docstring = ast.get_docstring(ast.parse((ROOT / name).read_text())) or ''
  program = 'study' if name in STUDIES else 'train'
  short = name.removeprefix('configs/').removesuffix('.py')
  assert f'python -m launch.{program} ' in docstring
  assert re.search(rf'--config=(configs/)?{short}(\.py)?[\s:]', docstring)


@pytest.mark.parametrize('name', RUNS)
def test_the_config_loads_and_validates(name):
  config = load(name)
  assert isinstance(config, ml_collections.ConfigDict)
  resolved = resolve.resolve(config)
  assert resolved['data']['name']


@pytest.mark.parametrize('name', STUDIES)
def test_the_study_loads_and_validates(name):
  check.check(load(name))


def strays(name, text):
  """What keeps `text` from being the report of the study beside `name`."""
  study = name.removesuffix('.md') + '.py'
  if study not in STUDIES:
    return [f'there is no {study}']
  short = study.removeprefix('configs/').removesuffix('.py')
  return [
    f'no {part!r}'
    for part in (
      f'# {load(study).title}\n',
      f'--config={short}',
      '\n## Times\n',
    )
    if part not in text.replace('--config=configs/', '--config=')
  ]


def test_results_are_reports_of_the_studies_that_they_lie_beside():
  texts = {name: (ROOT / name).read_text() for name in RESULTS}
  found = {name: strays(name, text) for name, text in texts.items()}
  assert {name: what for name, what in found.items() if what} == {}


def test_results_of_another_study_are_seen():
  folder = 'configs/studies/gradient_flow/lenet5'
  assert strays(f'{folder}/accurate.md', '') == [
    f'there is no {folder}/accurate.py'
  ]
  good = (
    '# LeNet5 on MNIST at 95 %: accuracy by start and method\n\n'
    '    python -m launch.study --config={}\n\n## Times\n'
  )
  for spelling in (f'{folder[8:]}/accuracy', f'{folder}/accuracy.py'):
    assert strays(f'{folder}/accuracy.md', good.format(spelling)) == []
  assert len(strays(f'{folder}/hessian.md', good.format('x'))) == 2


@pytest.mark.parametrize('name', RUNS)
def test_each_load_gives_a_config_of_its_own(name):
  first, second = load(name), load(name)
  first.seed = 12345
  assert second.seed != 12345
