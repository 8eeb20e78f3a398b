"""Every analysis shows itself on a model of the user's own."""

import doctest
import importlib
import pkgutil

import pytest

from jaxsparse import analysis

MODULES = [info.name for info in pkgutil.iter_modules(analysis.__path__)]


@pytest.mark.parametrize('name', MODULES)
def test_examples_of_docstrings_hold(name):
  module = importlib.import_module(f'{analysis.__name__}.{name}')
  found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
  assert found.failed == 0
