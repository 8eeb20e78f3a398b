import pytest

from jaxsparse.config import literals


@pytest.mark.parametrize(
  ('text', 'parts'),
  [
    ('a', ['a']),
    ('a, b ,c', ['a', 'b', 'c']),
    ('(1,2),(3,)', ['(1,2)', '(3,)']),
    ("'a,b',c", ["'a,b'", 'c']),
    ('("a)",1),b', ['("a)",1)', 'b']),
    ('', ['']),
    ('a,', ['a', '']),
  ],
)
def test_commas_in_brackets_and_quotes_part_nothing(text, parts):
  assert literals.split(text) == parts


def test_colons_part_likewise():
  assert literals.split('0:5:2', ':') == ['0', '5', '2']


@pytest.mark.parametrize(
  ('text', 'value'),
  [
    ('3', 3),
    ('3e-2', 0.03),
    ("'3'", '3'),
    ('(300, 100)', (300, 100)),
    ('true', True),
    ('None', None),
    ('none', None),
    ('rigl', 'rigl'),
    ('a.b', 'a.b'),
    ('1/2', '1/2'),
  ],
)
def test_a_literal_has_its_type_and_all_else_is_text(text, value):
  found = literals.literal(text)
  assert found == value
  assert type(found) is type(value)
