import pytest

from jaxsparse.studies import config_files

GOOD = """
from jaxsparse.config.defaults import default_config

def get_config(method='rigl'):
  return default_config(updater=method)
"""


@pytest.fixture
def file(tmp_path):
  def write(text):
    path = tmp_path / 'mine.py'
    path.write_text(text)
    return str(path)

  return write


def test_every_config_that_comes_along_is_named_after_its_file():
  names = config_files.names()
  assert 'digits/mlp' in names
  for name in names:
    assert (config_files.folder() / f'{name}.py').is_file()
  assert names == sorted(names)


@pytest.mark.parametrize(
  'spec', ['digits/mlp', 'configs/digits/mlp.py', 'digits/mlp.py']
)
def test_a_name_means_its_file_from_any_directory(spec, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  expected = str(config_files.folder() / 'digits/mlp.py')
  assert config_files.locate(spec) == expected
  assert config_files.locate(f'{spec}:set') == f'{expected}:set'
  assert config_files.load(spec).updater.name == 'rigl'
  assert config_files.load(f'{spec}:set').updater.name == 'set'


def test_a_path_is_taken_as_it_is(file):
  path = file(GOOD)
  assert config_files.locate(path) == path
  assert config_files.load(path).updater.name == 'rigl'
  assert config_files.load(path + ':gmp').updater.name == 'gmp'


@pytest.mark.parametrize(
  ('spec', 'said'),
  [
    ('digits/mlpp', "Did you mean 'digits/mlp'"),
    ('digits/mlp_rigl', "Did you mean 'digits/mlp'"),
    ('digits/mlp:rigll', "accepted are dense, static, .*Did you mean 'rigl'"),
    ('studies/digits/init_and_updates:set', "takes no argument; got ':set'"),
  ],
)
def test_an_unknown_name_or_method_is_refused_with_the_nearest(spec, said):
  with pytest.raises(ValueError, match=said):
    config_files.load(spec)


def test_a_file_imports_those_beside_it(file, tmp_path):
  for folder, name in (('a', 'set'), ('b', 'gmp')):
    (tmp_path / folder).mkdir()
    (tmp_path / folder / '_shared.py').write_text(f'METHOD = {name!r}\n')
    path = tmp_path / folder / 'mine.py'
    path.write_text('from . import _shared\n' + GOOD)
    path.write_text(path.read_text().replace("'rigl'", '_shared.METHOD'))
    assert config_files.load(str(path)).updater.name == name


@pytest.mark.parametrize(
  ('text', 'said'),
  [
    ('def get_config():\n  return undefined\n', 'line 2: NameError'),
    ('x = 1\n', 'no function get_config'),
    ('def get_config(:\n', 'SyntaxError'),
    ('import a_module_that_is_not_there\n', 'line 1: ModuleNotFoundError'),
    (GOOD.replace("'rigl'", "'rigll'"), "line 5: .*Did you mean 'rigl'"),
  ],
)
def test_a_file_that_raises_says_where(file, text, said):
  path = file(text)
  with pytest.raises(ValueError, match=said) as error:
    config_files.load(path)
  assert str(error.value).startswith(path)
