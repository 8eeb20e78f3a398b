"""Where caches lie, by the environment."""

import pathlib

import pytest

from jaxsparse import user_cache

HERE = str(pathlib.Path.cwd())


@pytest.mark.parametrize(
  ('environment', 'expected'),
  [
    ({}, '/home/me/.cache/jaxsparse'),
    ({'XDG_CACHE_HOME': '/fast'}, '/fast/jaxsparse'),
    ({'XDG_CACHE_HOME': ''}, '/home/me/.cache/jaxsparse'),
    ({'XDG_CACHE_HOME': 'here'}, '/home/me/.cache/jaxsparse'),
    ({'XDG_CACHE_HOME': '/fast', 'JAXSPARSE_CACHE_DIR': '/ours'}, '/ours'),
    ({'JAXSPARSE_CACHE_DIR': '~/ours'}, '/home/me/ours'),
    ({'JAXSPARSE_CACHE_DIR': 'ours'}, f'{HERE}/ours'),
  ],
)
def test_the_first_that_is_set(monkeypatch, environment, expected):
  monkeypatch.setenv('HOME', '/home/me')
  for name in ('XDG_CACHE_HOME', 'JAXSPARSE_CACHE_DIR'):
    monkeypatch.delenv(name, raising=False)
  for name, value in environment.items():
    monkeypatch.setenv(name, value)
  assert str(user_cache.root()) == expected


def test_a_user_without_a_home_is_an_error_of_the_disk(monkeypatch):
  def homeless(path):
    raise RuntimeError('Could not determine home directory.')

  monkeypatch.setattr(pathlib.Path, 'expanduser', homeless)
  with pytest.raises(OSError, match=r'no folder.*JAXSPARSE_CACHE_DIR'):
    user_cache.root()
