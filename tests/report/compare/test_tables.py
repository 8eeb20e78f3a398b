"""Groups and their numbers against hand-worked ones."""

import pytest

from jaxsparse.report import formats
from jaxsparse.report.compare import runs, tables


@pytest.fixture
def found(make_run):
  """RigL and SET at two sparsities, several seeds; one unfinished."""
  made = [
    make_run('a', 0.5, updater__sparsity=0.9),
    make_run('aa', 0.6, seed=1, updater__sparsity=0.9),
    make_run('b', 0.7, updater__sparsity=0.9, seed=5),
    make_run('c', 0.25, updater__sparsity=0.98),
    make_run('d', 0.3, 'set', updater__sparsity=0.98),
    make_run('e', None, 'set', updater__sparsity=0.98, seed=1),
  ]
  return tables.frame(runs.find([str(root) for root in made]))


def members(made):
  return [sorted(run.root.name for run in group.runs['run']) for group in made]


def test_they_differ_in_what_a_person_varied(found):
  assert tables.differing(found) == ['updater.name', 'updater.sparsity']
  assert tables.differing(found[:2]) == []


def test_groups_are_ordered_by_their_values(found):
  made = tables.grouped(found, ['updater.sparsity', 'updater.name'])
  assert [tuple(g.key.values()) for g in made] == [
    (0.9, 'rigl'),
    (0.98, 'rigl'),
    (0.98, 'set'),
  ]
  assert members(made) == [['a', 'aa', 'b'], ['c'], ['d', 'e']]


def test_runs_without_a_field_are_a_group_that_comes_last(make_run):
  roots = [
    make_run('a', 0.5, 'static'),
    make_run('b', 0.5, updater__drop_fraction=0.5),
    make_run('c', 0.5, updater__drop_fraction=0.1),
  ]
  found = tables.frame(runs.find([str(root) for root in roots]))
  made = tables.grouped(found, ['updater.drop_fraction'])
  drops = [group.key['updater.drop_fraction'] for group in made]
  assert drops == [0.1, 0.5, None]
  assert members(made) == [['c'], ['b'], ['a']]


def test_numbers_are_over_seeds(found):
  made = tables.grouped(found, ['updater.sparsity', 'updater.name'])
  values = [tables.values(g, 'test_accuracy') for g in made]
  assert [pytest.approx(v) for v in values] == [[50, 60, 70], [25], [30]]
  table = tables.table(made, ['test_accuracy'])
  assert table['seeds'].to_list() == [3, 1, 1]
  leaf = 'layer_sparsity.Dense_0/kernel'
  assert tables.values(made[0], leaf) == [25.0] * 3  # Per cent.


def test_the_table_says_mean_deviation_and_count(found):
  made = tables.grouped(found, tables.differing(found))
  names = ['test_accuracy', 'sparsity']
  assert tables.texts(tables.table(made, names), names) == [
    ['updater', 'sparsity', 'seeds', 'test accuracy (%)', 'sparsity (%)'],
    ['rigl', '90 %', '3', '60.00 ± 10.00', '90.00 ± 0.00'],
    ['rigl', '98 %', '1', '25.00', '98.00'],
    ['set', '98 %', '1', '30.00', '98.00'],
  ]


def test_a_group_of_which_nothing_is_finished_is_shown(found):
  made = tables.grouped(found[-1:], ['updater.name'])
  table = tables.table(made, ['test_accuracy'])
  assert tables.texts(table, ['test_accuracy'])[1:] == [['set', '0', '-']]
  assert formats.csv(table).splitlines()[1] == 'set,0,1,,'


def test_the_csv_has_full_names_and_digits(found):
  made = tables.grouped(found, tables.differing(found))
  text = formats.csv(tables.table(made, ['test_accuracy']))
  heading, first, *_, last = text.splitlines()
  assert heading == (
    'updater.name,updater.sparsity,seeds,left_out,'
    'test_accuracy_mean,test_accuracy_std'
  )
  *left, mean, std = first.split(',')
  assert left == ['rigl', '0.9', '3', '0']
  assert (float(mean), float(std)) == pytest.approx((60, 10))
  assert last == 'set,0.98,1,1,30.0,'


def test_markdown_has_a_rule_below_its_heading():
  rows = [['updater', 'seeds'], ['ri|gl', '3']]
  assert formats.markdown(rows) == (
    '| updater | seeds |\n| :-- | --: |\n| ri\\|gl | 3 |'
  )


def test_an_unknown_metric_names_the_nearest(found):
  with pytest.raises(ValueError, match="Did you mean 'test_accuracy'"):
    tables.check_metrics(found, ['test_acuracy'])
  tables.check_metrics(found, ['test_accuracy', 'sparsity'])


BESIDE = [
  # Names of the runs, what they are grouped by, what else differs.
  ('abcdu', 'updater.name', ('optimizer.learning_rate',)),
  ('abcdu', 'optimizer.learning_rate', ('updater.name',)),
  ('abcd', '', ()),
  ('cdef', 'updater.name', ()),
  ('cde', 'updater.name', ('batch_size',)),
]


@pytest.mark.parametrize(('which', 'by', 'expected'), BESIDE)
def test_what_differs_between_groups_beside_their_key(
  make_run, which, by, expected
):
  """And not what differs alike within each, nor what is not finished."""
  made = {
    'a': ('rigl', 0.1, 8),
    'b': ('rigl', 0.1, 16),
    'c': ('set', 0.2, 8),
    'd': ('set', 0.2, 16),
    'e': ('static', 0.2, 8),
    'f': ('static', 0.2, 16),
    'u': ('set', 0.3, 32),
  }
  roots = [
    make_run(
      name,
      None if name == 'u' else 0.5,
      made[name][0],
      optimizer__learning_rate=made[name][1],
      batch_size=made[name][2],
    )
    for name in which
  ]
  found = tables.frame(runs.find([str(root) for root in roots]))
  grouped = tables.grouped(found, [by] if by else [])
  assert tuple(tables.between(grouped)) == expected
