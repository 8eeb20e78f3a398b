"""How numbers of a summary are read and shown."""

import pytest

from jaxsparse.results import metrics
from jaxsparse.results.rows import MemberResult, Pooled, Row


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
    ('logit_deviation', 3.14159, '3.14'),
    ('logit_deviation', 0.0031415, '0.00314'),
    ('logit_deviation', -4.6e-6, '-4.60e-06'),
    ('logit_deviation', 0.0, '0.00'),
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
  ('name', 'heading', 'unit'),
  [
    ('gradient_norm@0', 'gradient norm at step 0', ''),
    ('probe_loss@1500', 'probe loss at step 1,500 (nats)', 'nats'),
    (
      'eval_accuracy@200:1400',
      'evaluation accuracy over steps 200 to 1,400 (%)',
      'points',
    ),
    (
      'ensemble_accuracy-test_accuracy',
      'ensemble accuracy − test accuracy (points)',
      'points',
    ),
    ('layer_sparsity.Conv_0/kernel', 'sparsity of Conv_0/kernel (%)', 'points'),
    (
      'layer_sparsity.a/kernel-layer_sparsity.b@5',
      'sparsity of a/kernel − sparsity of b at step 5 (points)',
      'points',
    ),
    ('after-be_fore@7', 'after − be fore at step 7', ''),
    ('test_barrier_12', 'test barrier 12 (points)', 'points'),
    ('train_instability', 'train instability (points)', 'points'),
    ('sparsity_12', 'sparsity 12', ''),
    # What others may call a number is no name that a study could ask for.
    ('top 5 @ 1-crop', 'top 5 @ 1-crop', ''),
  ],
)
def test_names_that_say_more_have_headings_that_do(name, heading, unit):
  shown = metrics.metric(name)
  assert (shown.heading, shown.difference_unit) == (heading, unit)
  assert shown.name == name


def test_a_difference_is_exact_where_both_are():
  assert metrics.metric('total_weights-active_weights').exact
  assert not metrics.metric('total_weights-loss').exact


@pytest.mark.parametrize(
  ('name', 'value'),
  [
    ('after-before', 0.5),
    ('after-accuracy', 2.25),
    ('after-missing', None),
    ('missing-after', None),
    ('after-lost', None),
    # Of records, which the study adds by their whole name.
    ('loss@500', 0.125),
    ('loss-after@500', None),
  ],
)
def test_a_member_has_differences_too(name, value):
  found = member(
    after=2.5,
    before=2.0,
    accuracy={'mean': 0.25, 'std': None, 'values': [0.25]},
    lost=float('nan'),
    loss=9.0,
    **{'loss@500': 0.125},
  )
  assert metrics.value(found, name) == value


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


def test_pooled_numbers_are_scaled_as_they_are_shown():
  pool = Pooled(0.01, 0.002, 3, (0.02, 0.01, 0.0))
  pools = {Row('a'): {'ensemble_gain': pool}}
  scaled = metrics.pooled(pools, Row('a'), 'ensemble_gain')
  assert scaled == Pooled(1.0, 0.2, 3, (2.0, 1.0, 0.0))
  assert metrics.pooled(pools, Row('b'), 'ensemble_gain') is None
