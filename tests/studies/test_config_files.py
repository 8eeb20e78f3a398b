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
  assert 'digits/mlp_rigl' in names
  for name in names:
    assert (config_files.folder() / f'{name}.py').is_file()
  assert names == sorted(names)


@pytest.mark.parametrize(
  'spec',
  ['digits/mlp_rigl', 'configs/digits/mlp_rigl.py', 'digits/mlp_rigl.py'],
)
def test_a_name_means_its_file_from_any_directory(spec, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  expected = str(config_files.folder() / 'digits/mlp_rigl.py')
  assert config_files.locate(spec) == expected
  assert config_files.locate(f'{spec}:x') == f'{expected}:x'


def test_a_path_is_taken_as_it_is(file):
  path = file(GOOD)
  assert config_files.located(path) == path
  assert config_files.load(path).updater.name == 'rigl'


def test_what_follows_a_colon_is_handed_to_the_file(file):
  assert config_files.load(file(GOOD) + ':gmp').updater.name == 'gmp'


def test_an_unknown_name_is_refused_with_the_nearest():
  with pytest.raises(ValueError, match="Did you mean 'digits/mlp_rigl'"):
    config_files.locate('digits/mlp_rigll')


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
