"""House rules that neither ruff nor mypy can hold."""

import ast
import collections
import pathlib
import warnings

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LIBRARY = ('jaxsparse', 'launch', 'configs')
MAX_LINES = 400


def sources(*tops):
  paths = [p for top in tops for p in sorted((ROOT / top).rglob('*.py'))]
  return {str(p.relative_to(ROOT)): p.read_text() for p in paths}


def reached(node):
  return not node.name.startswith('_') or node.name == '__init__'


def public_functions(tree):
  """Functions and methods that a user can reach."""
  for node in tree.body:
    if isinstance(node, ast.ClassDef) and reached(node):
      yield from public_functions(node)
    elif isinstance(node, ast.FunctionDef) and reached(node):
      yield node


def untyped(source):
  """`line: name` of each public signature with an untyped part."""
  found = []
  for function in public_functions(ast.parse(source)):
    a = function.args
    args = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
    typed = all(
      arg is None or arg.annotation or arg.arg in ('self', 'cls')
      for arg in args
    )
    if not typed or (function.returns is None and function.name != '__init__'):
      found.append(f'{function.lineno}: {function.name}')
  return found


def test_no_file_is_longer_than_refused():
  lengths = {
    name: text.count('\n') for name, text in sources(*LIBRARY, 'tests').items()
  }
  assert {n: c for n, c in lengths.items() if c > MAX_LINES} == {}


def test_no_public_class_name_has_two_meanings():
  files = collections.defaultdict(list)
  for path, source in sources('jaxsparse').items():
    for node in ast.walk(ast.parse(source)):
      if isinstance(node, ast.ClassDef) and reached(node):
        files[node.name].append(path)
  assert 'TrainState' in files
  assert not {name: paths for name, paths in files.items() if paths[1:]}


def test_every_public_signature_is_typed():
  # Not in configs: all they have is `get_config`, alike in every file.
  typed = sources('jaxsparse', 'launch')
  found = {name: untyped(text) for name, text in typed.items()}
  assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
  ('source', 'found'),
  [
    ('def f(x: int) -> int: ...', []),
    ('def f(x) -> int: ...', ['1: f']),
    ('def f(x: int): ...', ['1: f']),
    ('def f(*, k) -> int: ...', ['1: f']),
    ('def f(*args) -> int: ...', ['1: f']),
    ('def _f(x): ...', []),
    ('def f() -> int:\n  def g(x): ...', []),
    ('class C:\n  def f(self, x): ...', ['2: f']),
    ('class C:\n  def __init__(self, x: int): ...', []),
    ('class _C:\n  def f(self, x): ...', []),
  ],
)
def test_an_untyped_signature_is_seen(source, found):
  assert untyped(source) == found


@pytest.mark.parametrize('module', ['jaxsparse.core.x', 'launch.x'])
def test_a_warning_that_our_own_code_causes_is_an_error(module):
  code = 'warnings.warn("old", DeprecationWarning, stacklevel=1)'
  with pytest.raises(DeprecationWarning, match='old'):
    exec(code, {'__name__': module, 'warnings': warnings})


def test_a_warning_of_another_library_is_not():
  code = 'warnings.warn("old", DeprecationWarning, stacklevel=1)'
  with pytest.warns(DeprecationWarning, match='old'):
    exec(code, {'__name__': 'elsewhere', 'warnings': warnings})
