"""The tree's order, read from the imports without importing anything."""

import ast
import collections
import graphlib
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]

# Each may import from those before it. What a run starts with comes last.
LAYERS = (
  'errors',
  'user_cache',
  'leases',
  'locks',
  'storage',
  'jobs',
  'core',
  'plotting',
  'updaters',
  'optim',
  'models',
  'data',
  'analysis',
  'metrics',
  'training',
  'tasks',
  'config',
  'runs',
  'results',
  'claims',
  'analyses',
  'tickets',
  'benchmarks',
  'studies',
  'report',
  'cli',
  'experiments',
  'testing',
)
TOP = ('launch', 'configs')

_TABLES = tuple(
  f'jaxsparse.{room}'
  for room in ('results', 'claims', 'analyses', 'tickets', 'report')
)
# Third-party package -> the modules (with what lies under them) that may
# import it. Packages that are not here are free, save in core.
ONLY_IN = {
  'orbax': ('jaxsparse.training.checkpoints', 'configs.recipes'),
  'ml_collections': (
    'jaxsparse.cli.command',
    'jaxsparse.config.defaults',
    *TOP,
  ),
  'absl': (
    'jaxsparse.data.workers',  # Grain reads flags, of a library's user too.
    'jaxsparse.cli',
    *TOP,
  ),
  'tensorflow_datasets': ('jaxsparse.data',),
  'grain': ('jaxsparse.data',),
  'safetensors': ('jaxsparse.tickets.archives',),
  'optuna': ('jaxsparse.studies.search_space',),
  'matplotlib': (
    'jaxsparse.plotting',
    'jaxsparse.report',
    'jaxsparse.runs.plots',
  ),
  'pandas': _TABLES,
  'jinja2': _TABLES,
  'tensorflow': (),
  'torch': (),
}
CORE_MAY_IMPORT = {'jax', 'numpy'}


def under(module, *parents):
  return any(module == p or module.startswith(f'{p}.') for p in parents)


def module_name(path):
  parts = path.relative_to(ROOT).with_suffix('').parts
  return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def imports(source, modules, folder=''):
  """The full names that `source` imports: modules where they are known."""
  found = set()
  for node in ast.walk(ast.parse(source)):
    if isinstance(node, ast.Import):
      found |= {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
      base = '.'.join(filter(None, (folder * node.level, node.module)))
      for alias in node.names:
        full = f'{base}.{alias.name}'
        found.add(full if full in modules else base)
  return found


def beside(module, other):
  return module.rpartition('.')[0] == other.rpartition('.')[0]


def layer(module):
  """The rank of a module of ours; `jaxsparse` itself is the lowest."""
  parts = module.split('.')
  if parts[0] in TOP:
    return len(LAYERS)
  return LAYERS.index(parts[1]) if len(parts) > 1 else -1


def breaches(graph):
  """What is wrong with `graph`: module -> names that it imports."""
  found = []
  for module, names in sorted(graph.items()):
    for name in sorted(names):
      package = name.split('.')[0]
      if under(name, 'configs') and beside(name, module):
        continue
      if under(name, *TOP, *(f'jaxsparse.{t}' for t in TOP)):
        found.append(f'{module} imports the program {name}')
      elif package == 'jaxsparse':
        if layer(name) > layer(module):
          found.append(f'{module} reaches up to {name}')
      elif package in sys.stdlib_module_names:
        continue
      elif not under(module, *ONLY_IN.get(package, (module,))):
        found.append(f'{module} may not import {package}')
      elif under(module, 'jaxsparse.core') and package not in CORE_MAY_IMPORT:
        found.append(f'{module} is core and imports {package}')
  return found


def cycle(graph):
  try:
    graphlib.TopologicalSorter(graph).prepare()
  except graphlib.CycleError as error:
    return error.args[1]
  return []


def folders(graph):
  """Folder -> its files and folders -> those of them that each imports."""
  found = collections.defaultdict(lambda: collections.defaultdict(set))
  for module, names in graph.items():
    for name in names & graph.keys() - {module}:
      ours, theirs = module.split('.'), name.split('.')
      level = len(os.path.commonprefix([ours, theirs]))
      if level and level < min(len(ours), len(theirs)):
        folder = '.'.join(ours[:level])
        found[folder][ours[level]].add(theirs[level])
  return found


@pytest.fixture(scope='module')
def graph():
  files = {
    module_name(path): path.read_text()
    for top in ('jaxsparse', *TOP)
    for path in (ROOT / top).rglob('*.py')
  }
  return {
    module: imports(text, files, module.rpartition('.')[0])
    for module, text in files.items()
  }


def test_every_module_imports_only_what_its_layer_may(graph):
  assert not breaches(graph)


def test_no_modules_import_one_another_in_a_circle(graph):
  assert not cycle(graph)


def test_no_files_and_folders_of_one_folder_import_one_another_in_a_circle(
  graph,
):
  circles = {folder: cycle(own) for folder, own in folders(graph).items()}
  assert {'jaxsparse', 'jaxsparse.report', 'jaxsparse.core'} <= circles.keys()
  assert not {folder: one for folder, one in circles.items() if one}


def test_every_package_has_a_layer(graph):
  packages = {m.split('.')[1] for m in graph if m.startswith('jaxsparse.')}
  assert packages == set(LAYERS)


@pytest.mark.parametrize(
  ('module', 'source'),
  [
    ('jaxsparse.core.masks', 'import flax.linen as nn'),
    ('jaxsparse.core.masks', 'from jaxsparse.updaters import rigl'),
    ('jaxsparse.core.masks', 'def f():\n  import optax'),
    ('jaxsparse.optim.masked', 'from jaxsparse.training.step import step'),
    ('jaxsparse.training.loop', 'import orbax.checkpoint as ocp'),
    ('jaxsparse.runs.build', 'from ml_collections import ConfigDict'),
    ('jaxsparse.models.mlp', 'import tensorflow_datasets as tfds'),
    ('jaxsparse.data.tfds', 'import tensorflow as tf'),
    ('jaxsparse.data.tfds', 'from absl import logging'),
    ('launch.quickstart', 'from launch import train'),
    ('launch.quickstart', 'import jaxsparse.launch.train'),
    ('configs.studies.a.one', 'from configs.studies.b import two'),
    ('configs.mnist.lenet5', 'import configs.digits.mlp'),
  ],
)
def test_a_breach_is_seen(module, source):
  known = {'jaxsparse.updaters.rigl', 'jaxsparse.training.step'}
  assert len(breaches({module: imports(source, known)})) == 1


@pytest.mark.parametrize(
  ('module', 'source'),
  [
    ('jaxsparse.core.masks', 'import math\nfrom jax import numpy as jnp'),
    ('jaxsparse.optim.reset', 'from jaxsparse.core import masks\nimport optax'),
    ('jaxsparse.training.checkpoints', 'import orbax.checkpoint as ocp'),
    ('launch.train', 'from absl import app\nimport jaxsparse.runs.group'),
    ('configs.digits.mlp', 'from jaxsparse.config import defaults'),
    ('configs.studies.a.one', 'from . import _runs'),
  ],
)
def test_what_a_layer_may_import_passes(module, source):
  names = imports(source, {'configs.studies.a._runs'}, 'configs.studies.a')
  assert not breaches({module: names})


def test_a_circle_of_folders_is_seen():
  graph = {
    'jaxsparse.a.one': {'jaxsparse.b.two'},
    'jaxsparse.b.two': set(),
    'jaxsparse.b.three': {'jaxsparse.a.four', 'jax'},
    'jaxsparse.a.four': set(),
  }
  assert not cycle(graph)
  assert set(cycle(folders(graph)['jaxsparse'])) == {'a', 'b'}


def test_a_circle_is_seen():
  known = {'jaxsparse.a', 'jaxsparse.b'}
  graph = {
    'jaxsparse.a': imports('from jaxsparse import b', known),
    'jaxsparse.b': imports('def f():\n  from jaxsparse.a import g', known),
  }
  assert set(cycle(graph)) == known
