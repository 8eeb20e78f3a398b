"""The notebooks of `launch/colab`, executed in a kernel as Colab does.

nbclient executes them, the library of the Jupyter project itself: magics,
progress bars and figures are those that a user sees. All share one kernel, as
half of a small notebook's time is importing JAX.
"""

import ast
import configparser
import os
import pathlib

import nbclient
import nbformat
import pytest

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = ROOT / 'launch' / 'colab'
NAMES = sorted(path.stem for path in FOLDER.glob('*.ipynb'))
# A line in place of each notebook's parameters: the setting of seconds.
FAST = {
  'quick_start': 'STEPS = 40',
  'own_model': 'STEPS, WIDTH = 40, 8',
  'gradient_flow': (
    'SEEDS, SPARSITIES, UPDATES, INTERVAL, FEATURES ='
    ' 2, (0.5, 0.8), 3, 4, (20,)'
  ),
  'lottery_ticket': 'SEEDS, LEVELS, STEPS, LEARNING_RATES = 1, 1, 40, (0.1,)',
  'pruning_at_init': (
    'SEEDS, SPARSITIES, STEPS, ROUNDS, FEATURES = 2, (0.5, 0.8), 10, 3, (20,)'
  ),
  'sparse_rl': (
    'SEEDS, WIDTH, PHASES, ROUNDS, ENVS, STEPS, TEST_STEPS ='
    ' 2, 16, 2, 1, 8, 16, 20'
  ),
}


def read(name):
  return nbformat.read(FOLDER / f'{name}.ipynb', as_version=4)


def parameters(notebook):
  """The place of the one cell with the tag."""
  (place,) = [
    i
    for i, cell in enumerate(notebook.cells)
    if 'parameters' in cell.metadata.get('tags', ())
  ]
  return place


def kernel(folder, **changed):
  """A client whose kernel leaves its files in `folder`."""
  env = os.environ | {'PYTHONPATH': str(ROOT), 'TMPDIR': str(folder)} | changed
  env.pop('MPLBACKEND', None)
  client = nbclient.NotebookClient(nbformat.v4.new_notebook(), timeout=1800)
  return client, client.setup_kernel(env=env, cwd=str(folder))


def execute(client, notebook):
  """Runs all cells from a clean namespace; raises what a cell raises."""
  notebook.cells.insert(0, nbformat.v4.new_code_cell('%reset -f'))
  client.nb = notebook
  client.reset_execution_trackers()
  for place, cell in enumerate(notebook.cells):
    client.execute_cell(cell, place, store_history=False)
  return [out for cell in notebook.cells for out in cell.get('outputs', ())]


def check(outputs):
  """There is a figure, and no warning."""
  assert any('image/png' in out.get('data', ()) for out in outputs)
  errors = [o.text for o in outputs if o.get('name') == 'stderr']
  assert 'Warning' not in ''.join(errors)


@pytest.fixture(scope='module')
def shared(tmp_path_factory):
  client, started = kernel(tmp_path_factory.mktemp('kernel'))
  with started:
    yield client


@pytest.mark.parametrize('name', NAMES)
def test_it_runs_in_a_small_setting(name, shared):
  notebook = read(name)
  small = nbformat.v4.new_code_cell(FAST[name])
  notebook.cells.insert(parameters(notebook) + 1, small)
  check(execute(shared, notebook))


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
def test_it_runs_in_full(name, tmp_path):
  client, started = kernel(tmp_path, XLA_FLAGS='')
  with started:
    check(execute(client, read(name)))


@pytest.mark.parametrize('name', NAMES)
def test_a_small_setting_changes_parameters_alone(name):
  notebook = read(name)
  cell = notebook.cells[parameters(notebook)]
  assert assigned(FAST[name]) <= assigned(cell.source)


def assigned(source):
  names = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)]
  return {name.id for name in names if isinstance(name.ctx, ast.Store)}


@pytest.mark.parametrize('name', NAMES)
def test_it_is_valid_and_has_no_outputs(name):
  notebook = read(name)
  nbformat.validate(notebook)
  code = [cell for cell in notebook.cells if cell.cell_type == 'code']
  assert not any(cell.outputs or cell.execution_count for cell in code)


@pytest.mark.parametrize('name', NAMES)
def test_it_opens_in_colab_and_installs_what_is_missing(name):
  setup = configparser.ConfigParser()
  setup.read(ROOT / 'setup.cfg')
  url = setup['metadata']['url']
  text, install, *_ = read(name).cells
  target = badge(url, name)
  assert target in text.source
  assert target in (FOLDER / 'README.md').read_text('utf-8')
  guard, command = install.source.split('\n')[2:4]
  assert guard == "if importlib.util.find_spec('jaxsparse') is None:"
  assert command == f'  %pip install -q "jaxsparse[colab] @ git+{url}"'


def badge(url, name):
  site = 'https://colab.research.google.com'
  path = url.removeprefix('https://github.com')
  return (
    f'[![Open in Colab]({site}/assets/colab-badge.svg)]'
    f'({site}/github{path}/blob/main/launch/colab/{name}.ipynb)'
  )


def test_readmes_list_all():
  page = (FOLDER / 'README.md').read_text('utf-8')
  assert [name for name in NAMES if f'[{name}]({name}.ipynb)' in page] == NAMES
  assert '(launch/colab/README.md)' in (ROOT / 'README.md').read_text('utf-8')
