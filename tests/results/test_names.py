"""What a report calls things."""

import pytest

from jaxsparse.results import names


@pytest.mark.parametrize(
  ('text', 'told'),
  [
    ('init.checkpoint: /a/b/c holds no run', 'init.checkpoint: c holds no run'),
    ("No space left on device: '/a b/c d'", "No space left on device: 'c d'"),
    ('"/x/" and `~/y`', '"x" and `y`'),
    ('/nowhere', 'nowhere'),
    ('~/runs/a-b_1.json: half', 'a-b_1.json: half'),
    ('x=/a/b; in (/a/b/)', 'x=b; in (b)'),
    ('run:NAME, Dense_0/kernel and/or 3 / 4', None),
    ('see https://host/a/b', None),
    ('</title>', None),
  ],
)
def test_an_absolute_path_is_its_last_name(text, told):
  assert names.without_folders(text) == (text if told is None else told)


def test_a_group_is_called_by_its_values():
  key = (('updater.name', 'rigl'), ('optimizer.learning_rate', 0.1))
  assert names.label(key) == 'rigl, learning rate 0.1'
  assert names.label(()) == 'all runs'


def test_names_that_would_be_alike_are_given_in_full():
  fields = ['eval.interval', 'checkpoint.interval', 'seed']
  assert names.headings(fields) == [*fields[:2], 'seed']
