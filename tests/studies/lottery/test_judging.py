"""The sweep that a verdict needs, and the verdict on a real, small one."""

import json

import pytest

from jaxsparse.runs import workdir
from jaxsparse.studies.lottery import Rounds, judging
from jaxsparse.studies.planning import check
from jaxsparse.studies.running.run import run
from jaxsparse.tickets.manifest import manifest
from jaxsparse.tickets.verdict import Limits

SMALL = {'num_steps': 20, 'model.features': (16,), 'optimizer.momentum': 0.0}
RATES = (0.3, 0.1)


def study(**options):
  return judging.study(
    'digits/mlp:static', SMALL, rates=RATES, seeds=1, **options
  )


def test_tickets_are_found_at_one_rate_and_trained_at_each():
  found = study(level=3, rounds=Rounds(rewind=5))
  check.check(found)
  assert [run.name for run in found.runs] == [
    *('dense', 'ticket', 'dense_at', 'ticket_at', 'reinit_at'),
    'small_dense_at',
  ]
  assert found.run('ticket').grid == {'pruning.level': (1, 2)}
  ticket = found.run('ticket_at')
  assert ticket.grid == {judging.RATE: (0.1, 0.3)}
  assert ticket.overrides['pruning.level'] == 3
  assert ticket.overrides['init.masks'] == '{ticket<dense}'
  assert ticket.overrides['init.checkpoint_step'] == 5


@pytest.mark.parametrize(
  'options', [{'level': 1}, {'level': 9, 'one_shot': True}]
)
def test_a_ticket_of_one_cut_needs_no_search(options):
  found = study(**options)
  assert [run.name for run in found.runs][:2] == ['dense', 'dense_at']
  assert found.run('ticket_at').overrides['init.masks'] == '{dense}'


def test_rates_are_needed():
  with pytest.raises(ValueError, match='rates: got none; accepted are one'):
    judging.study('digits/mlp:static', SMALL, level=2, rates=())


def test_a_verdict_is_that_of_the_accuracies_and_lies_with_the_ticket(tmp_path):
  found = study(level=2)
  results = run(found, tmp_path, tmp_path / 'runs', name='x', command='x')
  verdict = judging.verdict(results, Limits(sparsity=0.3, accuracy=0.0))
  by_arm = {
    name: max(
      100 * member.summary['test_accuracy']
      for row in found.run(name).rows()
      for member in results.of(row)
    )
    for name in ('dense_at', 'ticket_at', 'reinit_at', 'small_dense_at')
  }
  ticket = by_arm['ticket_at']
  margins = {c.number: c.margin for c in verdict.conditions}
  assert margins[1] == pytest.approx(36 - 30, abs=0.1)
  assert margins[2] == pytest.approx(ticket - by_arm['small_dense_at'] - 0.5)
  assert margins[3] == pytest.approx(ticket - by_arm['reinit_at'] - 0.5)
  assert margins[5] == pytest.approx(ticket - by_arm['dense_at'] + 0.5)
  for member in results.of(found.run('ticket_at').rows()[0]):
    assert manifest(member.root).verdict['verdict'] == verdict.result
    # The run itself is as it was.
    assert (
      workdir.finished(member.root)['active_weights']
      == (member.summary['active_weights'])
    )
    assert json.loads((member.root / 'verdict.json').read_text())['text']
