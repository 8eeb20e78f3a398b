"""Numbers by name: of a summary, of records, and their differences."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.results import quantities, records
from jaxsparse.results.quantities import Quantity, parse

RECORDS = [
  {'step': 0, 'loss': 2.0, 'by_layer': {'a/kernel': 1.0}},
  {'step': 10, 'loss': 1.0},
  # A mask update, and what is logged at the same step.
  {'step': 10, 'before': 3.0, 'after': 4.5},
  {'step': 20, 'loss': None, 'before': 1.0, 'after': 0.0},
  {'step': 30, 'loss': 0.25, 'after': 7.0},
]
NUMBERS = {
  'loss@0': 2.0,
  'loss@10': 1.0,
  'loss@0:10': 1.5,
  'loss@0:30': (2 + 1 + 0.25) / 3,
  'after-before@10': 1.5,
  'after-before@0:100': 0.25,
  'before-after@20': 1.0,
  'after-loss@30': 6.75,
  'by_layer.a/kernel@0': 1.0,
  'loss-by_layer.a/kernel@0:10': 1.0,
}
NONE = (
  *('loss@5', 'loss@20', 'after-before@30', 'by_layer@0', 'x@0', 'loss'),
  *('by_layer.b@0', 'by_layer.a/kernel@10', 'loss.a@0', 'loss-by_layer.b@0'),
)


@pytest.fixture
def root(tmp_path):
  lines = ''.join(json.dumps(record) + '\n' for record in RECORDS)
  (tmp_path / 'metrics.jsonl').write_text(lines)
  return tmp_path


def test_numbers_of_records(root):
  got = records.numbers(root / 'metrics.jsonl', (*NUMBERS, *NONE))
  assert got == pytest.approx(NUMBERS)


def test_a_member_without_records_has_none(tmp_path):
  assert records.numbers(tmp_path / 'metrics.jsonl', NUMBERS) == {}


def test_records_that_cannot_be_read_are_an_error_if_asked_for(tmp_path):
  (tmp_path / 'metrics.jsonl').write_text('{half\n{}\n')
  assert records.numbers(tmp_path / 'metrics.jsonl', ('loss',)) == {}
  with pytest.raises(ValueError, match='line 1'):
    records.numbers(tmp_path / 'metrics.jsonl', ('loss@0',))


@given(
  st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20),
  st.integers(0, 25),
  st.integers(0, 25),
)
def test_a_mean_over_steps_is_numpys(values, first, more):
  quantity = parse(f'loss@{first}:{first + more}')
  every = [{'step': i, 'loss': v} for i, v in enumerate(values)]
  got = quantities.mean(every, quantity)
  part = values[first : first + more + 1]
  assert got == (pytest.approx(np.mean(part), abs=1e-9) if part else None)


@pytest.mark.parametrize(
  ('name', 'quantity'),
  [
    ('test_accuracy', Quantity('test_accuracy')),
    ('a-b', Quantity('a', 'b')),
    ('loss@500', Quantity('loss', '', (500, 500))),
    ('a-b@0:7', Quantity('a', 'b', (0, 7))),
    ('a.b/c', Quantity('a.b/c')),
    ('a.b/c-d.e@2', Quantity('a.b/c', 'd.e', (2, 2))),
  ],
)
def test_a_name_says_which(name, quantity):
  assert parse(name) == quantity


@pytest.mark.parametrize(
  'name',
  [
    *('', 'a-', '-a', 'a-b-c', 'a@', '@3', 'a@-1', 'a@1:', 'a b', 'a@1.5'),
    *('a.', 'a/b'),
  ],
)
def test_other_names_are_refused(name):
  with pytest.raises(ValueError, match='accepted are ENTRY'):
    parse(name)
