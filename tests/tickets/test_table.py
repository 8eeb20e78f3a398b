"""Tickets as lines of a table, and conditions on them."""

import pytest

from jaxsparse.tickets import record, table


@pytest.fixture(scope='module')
def lines(lottery):
  tickets, errors = table.find([lottery])
  assert errors == []
  return table.frame(tickets)


def test_tickets_are_found_once_and_other_runs_are_not(lottery):
  tickets, errors = table.find([lottery, lottery / 'ticket'])
  assert [ticket.name for ticket in tickets] == ['rewound', 'ticket']
  assert errors == []
  with pytest.raises(ValueError, match='no finished ticket in .*dense'):
    table.find([lottery / 'dense'])


def test_one_that_cannot_be_read_is_left_out(copied):
  (copied / 'ticket/summary.json').write_text('{')
  tickets, errors = table.find([copied])
  assert [ticket.name for ticket in tickets] == ['rewound']
  assert len(errors) == 1
  assert 'ticket/summary.json cannot be read' in errors[0]


@pytest.mark.parametrize(
  ('condition', 'names'),
  [
    ('density < 0.1', []),
    ('density < 0.3 and test_accuracy > 1', ['rewound', 'ticket']),
    ('sparsity > 0.79', ['rewound', 'ticket']),
    ('name == "ticket"', ['ticket']),
    ('`init.checkpoint_step` == 4 or level > 2', ['rewound']),
    ('not name in ("ticket", "other")', ['rewound']),
    ('0.2 < density < 0.21', ['rewound', 'ticket']),
    ('model != "mlp"', []),
  ],
)
def test_conditions(lines, condition, names):
  assert list(table.where(lines, condition)['name']) == names


@pytest.mark.parametrize(
  ('condition', 'reason'),
  [
    ('densty < 0.1', "'densty'.*Did you mean 'density'"),
    ('`optimizer.learning` < 0.1', 'got .optimizer.learning'),
    ('name.str.len() < 3', 'got Call'),
    ('name.str < 3', 'got Attribute'),
    ('@lines < 3', 'cannot be parsed'),
    ('density <', 'cannot be parsed'),
    ('density = 1', 'cannot be parsed'),
    ('density', 'it is no condition'),
    ('name < 3', 'accepted are comparisons'),
  ],
)
def test_what_is_no_condition_is_refused(lines, condition, reason):
  with pytest.raises(ValueError, match=f'--where: .*{reason}'):
    table.where(lines, condition)


def test_the_text_has_accuracy_in_per_cent_and_the_verdict(copied):
  record.write_verdict(copied / 'ticket', {'verdict': 'secondary prize'})
  lines = table.frame(table.find([copied])[0])
  heading, rewound, ticket = table.text(lines).splitlines()
  assert heading.split('  ')[0] == 'name'
  assert 'test accuracy (%)' in heading
  assert rewound.endswith(' -')
  assert ticket.endswith(' secondary prize')
  accuracy = table.find([copied])[0][1].metrics['test_accuracy']
  assert f'{100 * accuracy:.2f}' in ticket
  assert table.text(lines[:0]).split()[0] == 'name'
