"""Tables against numbers written by hand."""

import csv
import io
import math

import pytest

from jaxsparse.claims import Bound
from jaxsparse.report import cells, formats, sentences, tables
from jaxsparse.studies.spec import Run, Study

S = 'updater.sparsity'


def split(text):
  """Lines of cells: columns lie two spaces or more apart."""
  return [[c.strip() for c in x.split('  ') if c] for x in text.splitlines()]


def test_the_table_for_a_terminal(make_results):
  table, _, _ = tables.text(make_results()).partition('\n\n')
  assert split(table) == [
    ['run', 'sparsity', 'test accuracy (%)', 'paper', 'difference'],
    ['Dense', '–', '98.00 ± 1.00 (3)', '97.50', '+0.50'],
    ['Static', '90 %', '91.00 ± 1.00 (3)', '–', '–'],
    ['Static', '98 %', '62.00 ± 2.00 (3)', '–', '–'],
    ['RigL', '90 %', '96.50 ± 0.50 (3)', '–', '–'],
    ['RigL', '98 %', '95.00 ± 1.00 (3)', '93.00', '+2.00'],
  ]
  assert len({len(line) for line in table.splitlines()}) == 1


def test_a_field_across_makes_columns(make_results, static_and_rigl):
  results = make_results(static_and_rigl(across=S))
  heading, *rows = tables.lines(results.study, tables.cells(results), why=True)
  assert heading == [
    'run',
    'no sparsity',
    'no sparsity, paper',
    'no sparsity, difference',
    'sparsity 90 %',
    'sparsity 98 %',
    'sparsity 98 %, paper',
    'sparsity 98 %, difference',
  ]
  assert rows == [
    ['Dense', '98.00 ± 1.00 (3)', '97.50', '+0.50', '', '', '', ''],
    ['Static', '', '', '', '91.00 ± 1.00 (3)', '62.00 ± 2.00 (3)', '–', '–'],
    [
      'RigL',
      *('', '', ''),
      '96.50 ± 0.50 (3)',
      *('95.00 ± 1.00 (3)', '93.00', '+2.00'),
    ],
  ]


def test_columns_across_ascend_whatever_the_order_of_the_grids(make_results):
  runs = (
    Run('a', 'c', grid={S: (0.98, 0.5)}, seeds=1),
    Run('b', 'c', grid={S: (0.9,)}, seeds=1),
  )
  results = make_results(Study('x', runs, across=S), lambda row, seed: 0.5)
  heading, *_ = tables.lines(results.study, tables.cells(results), why=True)
  assert heading == ['run', 'sparsity 50 %', 'sparsity 90 %', 'sparsity 98 %']


def test_two_metrics_have_a_column_each(make_results, static_and_rigl):
  results = make_results(static_and_rigl(metrics=('test_accuracy', 'sparsity')))
  heading, dense, *_ = split(tables.text(results))
  assert heading[-1] == 'sparsity (%)'
  assert dense[-1] == '0.00 ± 0.00 (3)'


def test_a_wide_table_has_a_line_a_row_in_a_terminal(make_results):
  grid = {S: tuple(i / 10 for i in range(10))}
  study = Study('x', (Run('a', 'c', grid=grid, seeds=2),), across=S)
  text = tables.text(make_results(study, lambda row, seed: 0.5 + seed / 10))
  assert len(text.splitlines()) == 11
  assert max(map(len, text.splitlines())) <= 100


@pytest.fixture
def broken(make_results, accuracy, static_and_rigl):
  """Some seeds of RigL failed, all of static at 98 % were refused."""

  def number(row, seed):
    if row.run == 'static' and dict(row.point)[S] == 0.98:
      return "refused: sparsity leaves 'Dense_2' no weight; at most 0.97"
    if row.run == 'rigl' and seed > 0:
      return f'the loss is not finite at step {36 + seed}; the last good is 30'
    return accuracy(row, seed)

  return make_results(static_and_rigl(across=S), number)


def test_a_cell_says_why_it_has_no_number(broken):
  _, _, static, rigl = tables.lines(
    broken.study, tables.cells(broken), why=True
  )
  assert static[5] == (
    "3 of 3 refused: refused: sparsity leaves 'Dense_2' no weight"
  )
  assert rigl[5] == (
    '94.00 (1 of 3); 2 of 3 failed: loss not finite at step 37 (and 1 more)'
  )
  assert rigl[7] == '+1.00'


def test_a_terminal_says_it_below_the_table(broken):
  text = tables.text(broken)
  table, said, *_ = text.split('\n\n')
  assert '94.00 (1 of 3)' in table
  assert 'refused' in table
  assert said.splitlines() == [
    'Static, sparsity 98 %: 3 of 3 refused: refused: sparsity leaves'
    " 'Dense_2' no weight",
    'RigL, sparsity 90 %: 2 of 3 failed: loss not finite at step 37'
    ' (and 1 more)',
    'RigL, sparsity 98 %: 2 of 3 failed: loss not finite at step 37'
    ' (and 1 more)',
  ]


def test_a_member_that_is_blocked_neither_failed_nor_was_refused(make_results):
  results = make_results(
    Study('t', (Run('a', 'c', seeds=3),)),
    lambda row, seed: 0.5 if seed else 'blocked: held by process 7',
  )
  _, said = tables.text(results).split('\n\n')
  assert said == 'a: 1 of 3 blocked: blocked: held by process 7'
  assert sentences.account(results) == (
    '1 run in 1 row, 3 seeds each: of 3 members 2 finished and 1 was blocked.'
    ' The study states no claims.'
  )


def test_a_long_reason_is_cut():
  assert cells.brief('x' * 100) == 'x' * 71 + '…'
  assert cells.brief('the loss is not finite at step 3; saved') == (
    'loss not finite at step 3'
  )


def test_claims_are_told_below_the_table(make_results, static_and_rigl):
  results = make_results(static_and_rigl(claims=(Bound('dense', '>=', 90.0),)))
  assert tables.text(results).endswith(
    '\n\nTest accuracy: Dense ≥ 90 %'
    '\n  holds      Dense: 98.00 % [95.52, 100.48]\n\n'
    'Each claim is judged by itself, at 95 %, at each point: nothing is'
    ' corrected for the number of claims and points.'
  )


def test_csv_has_a_line_a_seed_and_metric(broken):
  rows = list(csv.DictReader(io.StringIO(formats.csv(tables.numbers(broken)))))
  assert len(rows) == 15
  assert list(rows[0]) == [
    'run',
    'label',
    S,
    'seed',
    'metric',
    'unit',
    'value',
    'paper',
    'error',
    'member',
  ]
  good = next(r for r in rows if r['run'] == 'rigl' and r[S] == '0.98')
  assert good['seed'] == '0'
  assert math.isclose(float(good['value']), 94.0)
  assert float(good['paper']) == 93.0
  assert good['member'] == 'rigl-4-seed0'
  assert rows[0][S] == rows[0]['error'] == ''
  refused = [r for r in rows if r['error'].startswith('refused')]
  assert len(refused) == 3
  assert {(r['value'], r['member']) for r in refused} == {('', '')}


def test_csv_loses_no_digit(make_results):
  study = Study('t', (Run('a', 'c', seeds=4),))
  numbers = [1 / 3, 0.1 + 0.2, 0.5, 2 / 3]
  results = make_results(study, lambda row, seed: numbers[seed])
  rows = csv.DictReader(io.StringIO(formats.csv(tables.numbers(results))))
  assert [float(r['value']) for r in rows] == [100.0 * n for n in numbers]


def test_a_difference_of_nothing_has_no_sign(make_results):
  study = Study('t', (Run('a', 'c', seeds=1, paper={'test_accuracy': 50.0}),))
  results = make_results(study, lambda row, seed: 0.50000001)
  assert split(tables.text(results))[1][-1] == '0.00'


def legend(results):
  return tables.legend(results, tables.cells(results))


def test_the_legend_says_what_differences_are(make_results, static_and_rigl):
  plain = Study('t', (Run('a', 'c', seeds=1),))
  assert 'Differences' not in legend(make_results(plain, lambda *_: 0.5))
  with_paper = legend(make_results(folder='more'))
  assert with_paper.endswith('the paper’s number, in points.')
