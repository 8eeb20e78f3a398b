"""Every config file loads, says how it is run, and holds no unknown field."""

import ast
import pathlib
import re

import ml_collections
import pytest

from jaxsparse.config import resolve
from jaxsparse.studies import config_files
from jaxsparse.studies.planning import check

FOLDER = pathlib.Path(__file__).parents[2] / 'configs'
NAMES = config_files.names()
# Each name with each of its arguments.
SPECS = [
  f'{name}:{argument}' if argument else name
  for name in NAMES
  for argument in config_files.arguments(name) or ('',)
]
STUDIES = [spec for spec in SPECS if spec.startswith('studies/')]
RUNS = [spec for spec in SPECS if spec not in STUDIES]
REPORTS = sorted(
  path.relative_to(FOLDER).as_posix()
  for path in (FOLDER / 'studies').rglob('*.md')
  if path.name != 'README.md'
)


@pytest.mark.parametrize('name', NAMES)
def test_the_docstring_says_the_command(name):
  source = (FOLDER / f'{name}.py').read_text()
  docstring = ast.get_docstring(ast.parse(source)) or ''
  folder, _, _ = name.partition('/')
  program = {'studies': 'study', 'lottery': 'lottery'}.get(folder, 'train')
  assert f'python -m launch.{program} ' in docstring
  spec, argument = re.search(
    r'--config=(?:configs/)?([\w/]+)(?:\.py)?:?(\w*)', docstring
  ).groups()
  assert spec == name
  accepted = config_files.arguments(name)
  assert argument in (accepted or ('',))
  # A name without an argument has one of them.
  config_files.load(name)
  for other in accepted:
    assert re.search(rf'\b{other}\b', docstring)


@pytest.mark.parametrize('spec', RUNS)
def test_the_config_loads_and_validates(spec):
  config = config_files.load(spec)
  assert isinstance(config, ml_collections.ConfigDict)
  assert resolve.resolve(config).data.name
  config.seed = 12345
  assert config_files.load(spec).seed != 12345


@pytest.mark.parametrize('spec', STUDIES)
def test_the_study_loads_and_validates(spec):
  study = config_files.load_study(spec)
  check.check(study)
  texts = [claim.text for claim in study.claims if claim.text]
  assert len(set(texts)) == len(texts)


def study_of(report):
  """The study that `report` is beside, or whose argument its folder is."""
  path = pathlib.PurePosixPath(report).with_suffix('')
  argument = path.parent.name
  of_argument = f'{path.parent.parent / path.name}:{argument}'
  return of_argument if of_argument in STUDIES else str(path)


def strays(report, text):
  """What keeps `text` from being the report of the study beside it."""
  spec = study_of(report)
  if spec not in STUDIES:
    return [f'there is no {spec}']
  title = config_files.load_study(spec).title
  parts = (f'# {title}\n', f'--config={spec} ', '\n## Times\n')
  return [f'no {part!r}' for part in parts if part not in text]


def test_results_are_reports_of_the_studies_that_they_lie_beside():
  texts = {name: (FOLDER / name).read_text() for name in REPORTS}
  found = {name: strays(name, text) for name, text in texts.items()}
  assert {name: what for name, what in found.items() if what} == {}


def test_results_of_another_study_are_seen():
  folder = 'studies/gradient_flow/lenet5'
  assert strays(f'{folder}/accurate.md', '') == [
    f'there is no {folder}/accurate'
  ]
  good = (
    '# LeNet5 on MNIST at 95 %: accuracy by start and method\n\n'
    '    python -m launch.study --config={} --workdir=a\n\n## Times\n'
  )
  spec = 'studies/gradient_flow/accuracy:lenet5'
  assert strays(f'{folder}/accuracy.md', good.format(spec)) == []
  assert len(strays(f'{folder}/hessian.md', good.format('x'))) == 2
