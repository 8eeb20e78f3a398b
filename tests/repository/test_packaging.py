"""The package list, the declared dependencies, and the wheel itself."""

import ast
import configparser
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TOPS = {
  'jaxsparse': 'jaxsparse',
  'launch': 'jaxsparse.launch',
  'configs': 'jaxsparse.configs',
}
SHIPPED = (*TOPS, 'setup.cfg', 'pyproject.toml', 'README.md', 'LICENSE')


OUTSIDE = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}


def setup_cfg():
  setup = configparser.ConfigParser()
  setup.read(ROOT / 'setup.cfg')
  return setup


def option(name, section='options'):
  return set(setup_cfg()[section][name].split())


def folders():
  """Package name -> folder, of every folder that holds Python files."""
  found = {}
  for top, package in TOPS.items():
    for path in (ROOT / top).rglob('*.py'):
      below = path.parent.relative_to(ROOT / top).parts
      found['.'.join((package, *below))] = path.parent
  return found


def third_party_imports():
  found = set()
  for package, folder in folders().items():
    # Recipes are for people who have the library that each shows.
    if package == 'jaxsparse.configs.recipes':
      continue
    for path in folder.glob('*.py'):
      for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
          found |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
          found |= {node.module.split('.')[0]} if not node.level else set()
  return found - set(sys.stdlib_module_names) - {'jaxsparse'}


def canonical(name):
  return re.sub(r'[-_.]+', '-', name).lower()


def test_setup_cfg_lists_every_package():
  assert option('packages') == set(folders())


def test_data_files_of_configs_are_packaged():
  listed = {
    (package, name)
    for package, names in setup_cfg()['options.package_data'].items()
    for name in names.split()
    if package.startswith('jaxsparse.configs')
  }
  assert listed == {
    ('.'.join(('jaxsparse', *path.parent.relative_to(ROOT).parts)), path.name)
    for path in (ROOT / 'configs').rglob('*.csv')
  }


def test_every_package_has_an_init():
  without = [
    p for p, f in folders().items() if not (f / '__init__.py').exists()
  ]
  assert without == []


def test_every_import_is_a_declared_dependency():
  declared = {
    canonical(re.split(r'[\[<>=]', line)[0])
    for line in option('install_requires')
    | option('tune', 'options.extras_require')
    | option('tickets', 'options.extras_require')
    | option('gcs', 'options.extras_require')
  }
  providers = importlib.metadata.packages_distributions()
  undeclared = {
    name
    for name in third_party_imports()
    if not declared & {canonical(d) for d in providers.get(name, ())}
  }
  assert undeclared == set()


@pytest.fixture(scope='module')
def site(tmp_path_factory):
  """A fresh environment with the wheel; its dependencies are this one's."""
  tmp = tmp_path_factory.mktemp('wheel')
  ignore = shutil.ignore_patterns('__pycache__', '*.egg-info')
  for name in SHIPPED:
    source, target = ROOT / name, tmp / 'source' / name
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
      shutil.copytree(source, target, ignore=ignore)
    else:
      shutil.copy(source, target)
  subprocess.run([sys.executable, '-m', 'venv', tmp / 'venv'], check=True)
  python = tmp / 'venv/bin/python'
  subprocess.run(
    [python, '-m', 'pip', 'install', '--no-deps', tmp / 'source'], check=True
  )
  purelib = subprocess.check_output(
    [python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'],
    text=True,
  ).strip()
  # A path of a .pth file comes after the wheel's own, and no .pth file in it
  # is read, so an editable install of the checkout is not seen.
  dependencies = sysconfig.get_path('purelib')
  (pathlib.Path(purelib) / 'dependencies.pth').write_text(dependencies)
  return pathlib.Path(purelib), python


@pytest.mark.slow
def test_the_wheel_puts_one_name_on_the_path(site):
  purelib, _ = site
  (wheel,) = importlib.metadata.distributions(
    name='jaxsparse', path=[str(purelib)]
  )
  paths = [file for file in wheel.files if file.suffix == '.py']
  assert {path.parts[0] for path in paths} == {'jaxsparse'}
  assert {'.'.join(p.parts[:-1]) for p in paths} == set(folders())
  templates = {file.name for file in wheel.files if file.suffix == '.j2'}
  assert templates == {'report.html.j2', 'report.md.j2'}


@pytest.mark.slow
def test_a_checkout_beside_python_does_not_hide_the_wheel(site, tmp_path):
  (tmp_path / 'jaxsparse').mkdir()
  code = 'import jaxsparse as js; print(js.rigl.__module__)'
  ended = subprocess.run(
    [site[1], '-c', code],
    **{'cwd': tmp_path, 'env': OUTSIDE},
    **{'capture_output': True, 'text': True, 'check': True},
  )
  assert ended.stdout == 'jaxsparse.updaters.rigl\n'


@pytest.mark.slow
def test_the_wheel_trains_a_named_config(site, tmp_path):
  _, python = site
  workdir = tmp_path / 'run'
  command = [
    python.parent / 'jaxsparse-train',
    '--config=digits/mlp:rigl',
    f'--workdir={workdir}',
    '--config.num_steps=20',
  ]
  subprocess.run(command, check=True, cwd=tmp_path, env=OUTSIDE)
  assert (workdir / 'summary.json').exists()


@pytest.mark.slow
def test_the_wheel_plans_a_study_with_the_files_beside_it(site, tmp_path):
  _, python = site
  command = [
    python.parent / 'jaxsparse-study',
    '--config=studies/gradient_flow/accuracy:lenet5',
    f'--workdir={tmp_path}',
    '--plan',
  ]
  ended = subprocess.run(
    command, check=True, cwd=tmp_path, env=OUTSIDE, capture_output=True
  )
  assert b'prune_restart' in ended.stdout
