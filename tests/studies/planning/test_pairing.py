import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.results.rows import Row
from jaxsparse.studies.planning import pairing
from jaxsparse.studies.spec import Run, Study


def made(needs):
  """A study whose run i needs those of `needs[i]`, by either way."""
  return Study(
    'x',
    tuple(
      Run(
        f'r{i}',
        'x',
        {f'f{j}': f'{{r{j}{"@0" * (i % 2)}}}' for j in needed if j % 2},
        after=tuple(f'r{j}' for j in sorted(needed) if not j % 2),
      )
      for i, needed in enumerate(needs)
    ),
  )


def circular(needs):
  """By brute force: whether some run can be reached from itself."""
  reach = [set(n) for n in needs]
  for _ in needs:
    for i, found in enumerate(reach):
      reach[i] = found.union(*(reach[j] for j in found))
  return any(i in found for i, found in enumerate(reach))


@given(
  st.integers(1, 5).flatmap(
    lambda n: st.lists(
      st.sets(st.integers(0, n - 1), max_size=2), min_size=n, max_size=n
    )
  )
)
def test_runs_come_after_those_that_they_need(needs):
  study = made(needs)
  if circular(needs):
    with pytest.raises(ValueError, match='in a circle: r'):
      pairing.order(study)
    return
  order = [row.run for row in pairing.order(study)]
  assert sorted(order) == [run.name for run in study.runs]
  for i, needed in enumerate(needs):
    assert all(order.index(f'r{j}') < order.index(f'r{i}') for j in needed)


@pytest.mark.parametrize(
  ('value', 'found'),
  [
    ('{dense}', [('dense', None)]),
    ('{a_1}', [('a_1', None)]),
    ('{a_1@0}', [('a_1', 0)]),
    ('{a@12}', [('a', 12)]),
    ('{a},{b@1}', [('a', None), ('b', 1)]),
    ('{a<b}', [('a', None, '<', 'b', None)]),
    ('{a@1<<b@2}', [('a', 1, '<<', 'b', 2)]),
    ('{a@}', []),
    ('{a@-1}', []),
    ('{a<}', []),
    ('{a},b', []),
    ('a@0', []),
    ('{}', []),
    ('{a}/3', []),
    ('a', []),
    ('{a b}', []),
    (3, []),
    (('{a}',), []),
  ],
)
def test_a_name_in_braces_alone_is_a_source(value, found):
  assert pairing.parse(value) == tuple(pairing.Source(*one) for one in found)


def test_what_a_run_needs_is_there_once():
  run = Run(
    'x',
    'x',
    {'a': '{p@0}', 'b': '{q}', 'c': 'plain'},
    grid={'d': ('{p}', '{p@1}', 2)},
    after=('r', 'q'),
  )
  assert pairing.sources(run) == (('p', 0), ('q', None), ('p', None), ('p', 1))
  assert pairing.needs(run) == ('p', 'q', 'r')


def test_levels_start_from_those_below():
  ticket = Run(
    'ticket', 'x', {'a': '{ticket<dense}'}, grid={pairing.LEVEL: (1, 2, 4)}
  )
  repel = Run('repel', 'x', {'a': '{ticket<<dense}', pairing.LEVEL: 3})
  study = Study('x', (repel, ticket, Run('dense', 'x')))
  dense, *levels = Row('dense'), *ticket.rows()

  def found(row, value):
    (source,) = pairing.parse(value)
    return [row for row, _ in pairing.matches(study, row, source, '')]

  assert [found(row, '{ticket<dense}') for row in levels] == [
    [dense],
    [levels[0]],
    [levels[1]],
  ]
  assert found(levels[2], '{ticket<<dense}') == [dense, *levels[:2]]
  assert found(Row('repel'), '{ticket<<dense}') == [dense, *levels[:2]]
  assert found(dense, '{ticket<dense}') == [dense]
  names = ('ticket*', 'ticket<dense', 'dense', 'ticket@3')
  partners = [pairing.partners(study, levels[1], name, '') for name in names]
  assert partners == [
    [(row, None) for row in levels],
    [(levels[0], None)],
    [(dense, None)],
    [(levels[1], 3)],
  ]
  assert pairing.partners(study, dense, 'ticket*', '') == partners[0]
  order = pairing.order(study)
  assert order.index(levels[1]) < order.index(Row('repel'))
  assert [row for row in order if row.run == 'ticket'] == levels
  assert pairing.needs(ticket) == ('dense',)


def test_rows_go_together_by_the_fields_that_both_have():
  both = Run('both', 'x', grid={'a': (1, 2), 'b': (3, 4)})
  study = Study('x', (both, Run('a', 'x', grid={'a': (1, 2)}), Run('no', 'x')))
  row = Row('both', (('a', 2), ('b', 3)))
  assert pairing.match(study, row, 'a', '') == Row('a', (('a', 2),))
  assert pairing.match(study, row, 'no', '') == Row('no')
  with pytest.raises(ValueError, match='here: 2 rows of .both. go with'):
    pairing.match(study, Row('a', (('a', 2),)), 'both', 'here')
