"""The reference pages are those of the code."""

import pathlib

import pytest

from jaxsparse.cli import reference
from jaxsparse.core import registry

ROOT = pathlib.Path(__file__).parents[2]
PAGES = reference.pages()


@pytest.mark.parametrize('path', PAGES)
def test_pages_are_those_of_the_code(path):
  """If not: python -m jaxsparse.cli.reference."""
  assert (ROOT / path).read_text('utf-8') == PAGES[path]


def test_every_method_says_when_to_use_it():
  for name in registry.names('jaxsparse.updaters'):
    builder = registry.resolve(name, 'jaxsparse.updaters')
    assert '**Use it** ' in builder.__doc__, name


def test_every_name_has_a_text():
  page = PAGES['configs/README.md'].partition('## Fields')[0]
  rows = [line for line in page.splitlines() if line.startswith('| `')]
  assert len(rows) > 70
  for row in rows:
    assert all(cell.strip() for cell in row.split('|')[1:3]), row
