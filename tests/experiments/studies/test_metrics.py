"""How numbers of a summary are read and shown."""

import pytest

from jaxsparse.experiments.studies import metrics
from jaxsparse.experiments.studies.results import MemberResult
from jaxsparse.experiments.studies.spec import Row


def member(**summary):
  return MemberResult(Row('a'), 0, None, summary or None)


@pytest.mark.parametrize(
  ('name', 'value', 'text'),
  [
    ('test_accuracy', 96.789, '96.79'),
    ('test_accuracy', 1e-9, '0.00'),
    ('active_weights', 1234567, '1,234,567'),
    ('overlap', 0.123456, '0.1235'),
    ('overlap', 0.0, '0.0000'),
    ('curvature', 1.25e-5, '1.25e-05'),
    ('curvature', -1.25e7, '-1.25e+07'),
  ],
)
def test_a_number_as_text(name, value, text):
  assert metrics.metric(name).text(value) == text


def test_headings_have_units_and_differences_their_own():
  accuracy, plain = metrics.metric('test_accuracy'), metrics.metric('a_b')
  assert (accuracy.heading, accuracy.difference_unit) == (
    'test accuracy (%)',
    'points',
  )
  assert (plain.heading, plain.difference_unit) == ('a b', '')


@pytest.mark.parametrize(
  ('found', 'value'),
  [
    (member(test_accuracy={'mean': 0.5, 'std': None, 'values': [0.5]}), 50.0),
    (member(test_accuracy={'mean': None, 'std': None, 'values': []}), None),
    (member(test_accuracy=float('nan')), None),
    (member(sparsity=0.5), None),
    (member(), None),
  ],
)
def test_a_member_has_a_number_or_none(found, value):
  assert metrics.value(found, 'test_accuracy') == value
