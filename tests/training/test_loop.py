"""The loop over fake programs: a state is a number, a step adds its batch."""

import copy
import math

import numpy as np
import pytest

from jaxsparse.errors import Interrupted
from jaxsparse.training import loop
from jaxsparse.training.one_by_one import OneByOne
from jaxsparse.training.plan import Plan
from jaxsparse.training.programs import Programs

# Masks change at 2 and 6; records after 4, 8, 10; saves after 0, 5, 10.
PLAN = Plan(
  num_steps=10,
  update_interval=4,
  start_step=2,
  stop_step=8,
  log_interval=4,
  eval_interval=8,
  checkpoint_interval=5,
  chunk=3,
)
LEARNS, FAILS_AT_6, FAILS_AT_3 = 'learns', 'fails at 6', 'fails at 3'
FAILS_AT_9 = 'fails at 9'


def _rows(state, member, indices):
  total, losses = state['sum'], []
  for (index,) in indices:
    total += int(index)
    fails = member.startswith('fails at') and index > int(member[-1])
    losses.append(math.nan if fails else total / 8)
  rows = {'loss': np.array(losses), 'accuracy': np.array(losses) / 2}
  return {'sum': total}, rows


def _advance(state, member, data, indices):
  assert data == 'data'
  return _rows(state, member, indices)


def _update(state, member, data, indices):
  state, rows = _rows(state, member, indices)
  trees = {
    'churn': {'layer': {'kernel': 0.5, 'bias': None}},
    'layer_active': {'layer': {'kernel': np.int32(7), 'bias': None}},
  }
  return state, rows | trees


PROGRAMS = Programs(_advance, _update, 'scan')


class Host:
  """Hooks that write down what they are asked to do."""

  def __init__(self, *, stop_at=None, sick_from=None):
    self.log, self.records, self.saved = [], [], {}
    self._stop_at, self._sick_from = stop_at, sick_from

  def hooks(self):
    return loop.Hooks(
      evaluate=self._evaluate,
      probe=self._probe,
      record=self._record,
      healthy=lambda state: (
        not (self._sick_from and state['sum'] >= self._sick_from)
      ),
      save=self._save,
      last_good=lambda i: self.saved[max(self.saved)][0][i],
      report=lambda done, records: self.log.append(f'report {done}'),
      interrupted=lambda: (
        self._stop_at and f'report {self._stop_at}' in self.log
      ),
    )

  def _evaluate(self, i, state):
    self.log.append('evaluate')
    return {'eval_loss': state['sum'] * 1.0}

  def _probe(self, i, state):
    self.log.append(f'probe {i}')
    return {'gradient_norm': state['sum'] * 1.0, 'probe_loss': 0.5}

  def _record(self, i, record):
    self.records.append({'run': i} | record)
    self.log.append(f'record {record["step"]} {i}')

  def _save(self, i, state, progress):
    saved = self.saved.setdefault(progress.step, ([], []))
    for items, item in zip(saved, (state, progress), strict=True):
      items.append(copy.deepcopy(item))
    if i == 0:
      self.log.append(f'save {progress.step}')


def batches(i, begin, end):
  """The batch of step t of run i is t + 1 + 100 i."""
  return np.arange(begin, end)[:, None] + 1 + 100 * i


def run(host, *members, start=None, order=batches, plan=PLAN):
  states, progress = start or ([{'sum': 0} for _ in members], None)
  executor = OneByOne(PROGRAMS, states, members, data='data', batches=order)
  progress = copy.deepcopy(progress)
  end = loop.run(executor, plan=plan, hooks=host.hooks(), progress=progress)
  return [executor.state(i) for i in range(len(executor))], end


def failed(progress):
  return [one.failed for one in progress]


@pytest.fixture
def whole():
  host = Host()
  host.end = run(host, LEARNS)
  return host


def test_what_happens_in_which_order(whole):
  assert whole.log == [
    *('evaluate', 'record 0 0', 'save 0', 'report 0'),
    'report 2',
    *('record 3 0', 'report 3'),
    *('record 4 0', 'report 4'),
    *('save 5', 'report 5'),
    'report 6',
    *('record 7 0', 'report 7'),
    *('evaluate', 'record 8 0', 'report 8'),
    *('evaluate', 'record 10 0', 'save 10', 'report 10'),
  ]


def test_records_hold_means_since_the_last_one(whole):
  # After step t the sum is t (t + 1) / 2 and the loss an eighth of it.
  losses = {t: t * (t + 1) / 16 for t in range(1, 11)}

  def means(first, last):
    mean = sum(losses[t] for t in range(first, last + 1)) / (last - first + 1)
    return {'loss': mean, 'train_accuracy': mean / 2}

  masks = {
    'churn': {'layer/kernel': 0.5},
    'layer_active': {'layer/kernel': 7},
  }
  expected = [
    {'step': 0, 'eval_loss': 0.0},
    {'step': 3} | masks,
    {'step': 4} | means(1, 4),
    {'step': 7} | masks,
    {'step': 8, 'eval_loss': 36.0} | means(5, 8),
    {'step': 10, 'eval_loss': 55.0} | means(9, 10),
  ]
  assert whole.records == [{'run': 0} | r for r in expected]
  assert whole.end == ([{'sum': 55}], [loop.Progress(10)])


@pytest.mark.parametrize('step', [0, 5])
def test_a_run_goes_on_from_a_save_as_if_never_broken(whole, step):
  host = Host()
  end = run(host, LEARNS, start=whole.saved[step])
  assert end == whole.end
  assert host.records == [r for r in whole.records if r['step'] > step]
  assert host.saved == {k: v for k, v in whole.saved.items() if k > step}


@pytest.mark.parametrize('step', [2, 3, 4, 5, 7, 8])
def test_an_interrupted_run_saves_and_goes_on_as_if_never_broken(whole, step):
  host = Host(stop_at=step)
  with pytest.raises(Interrupted, match=f'saved at step {step}') as caught:
    run(host, LEARNS)
  assert caught.value.step == step
  assert host.log.count(f'save {step}') == 1
  states, progress = host.saved[step]
  after = Host()
  assert run(after, LEARNS, start=(states, progress)) == whole.end
  assert host.records + after.records == whole.records


def test_an_interruption_at_the_end_changes_nothing(whole):
  assert run(Host(stop_at=10), LEARNS) == whole.end


def test_runs_do_not_see_each_other(whole):
  host = Host()
  states, _ = run(host, LEARNS, LEARNS)
  assert states[0] == whole.end[0][0]
  assert states[1] == {'sum': 1055}
  assert [r for r in host.records if r['run'] == 0] == whole.records
  assert host.saved[5][0] == [{'sum': 15}, {'sum': 515}]


def same_order(i, begin, end):
  return batches(0, begin, end)


def test_a_run_that_fails_is_frozen_and_the_other_goes_on(whole):
  host = Host()
  states, progress = run(host, FAILS_AT_6, LEARNS, order=same_order)
  # Step 6 reads index 7, the first beyond 6; the last save was after 5.
  assert failed(progress) == [6, None]
  assert states == [{'sum': 15}, {'sum': 55}]
  assert host.saved[10][0] == states
  assert all(r['step'] <= 6 for r in host.records if r['run'] == 0)
  alone = [r | {'run': 1} for r in whole.records]
  assert [r for r in host.records if r['run'] == 1] == alone


def test_the_step_that_failed_is_told_within_a_segment():
  host = Host()
  _, progress = run(host, FAILS_AT_9, LEARNS, order=same_order)
  # The last segment, [8, 10), reads 9 and 10.
  assert failed(progress) == [9, None]


def test_a_failed_run_stays_failed_after_a_resume():
  host = Host()
  end = run(host, FAILS_AT_3, LEARNS, order=same_order)
  # Indices of the segment [3, 4) are 4; the last save was at the start.
  assert failed(end[1]) == [3, None]
  again = Host()
  start = host.saved[5]
  assert run(again, FAILS_AT_3, LEARNS, start=start, order=same_order) == end
  assert all(r['run'] == 1 for r in again.records)


def test_the_loop_ends_when_no_run_is_left():
  host = Host()
  with pytest.raises(loop.NonFiniteLoss, match='at step 3, 6'):
    run(host, FAILS_AT_6, FAILS_AT_3, order=same_order)
  assert max(host.saved) == 5
  assert [s['sum'] for s in host.saved[5][0]] == [15, 0]


def test_weights_that_are_not_finite_are_never_saved():
  host = Host(sick_from=15)
  with pytest.raises(loop.NonFiniteLoss, match='at step 5'):
    run(host, LEARNS)
  assert list(host.saved) == [0]


def test_a_sick_run_is_frozen_at_the_save_where_it_is_seen():
  host = Host(sick_from=500)
  states, progress = run(host, LEARNS, LEARNS)
  # Run 1 stands at 515 when step 5 is saved.
  assert failed(progress) == [None, 5]
  assert states == [{'sum': 55}, {'sum': 0}]


def test_nothing_is_said_to_be_saved_of_a_run_that_failed():
  host = Host(stop_at=4, sick_from=10)
  with pytest.raises(loop.NonFiniteLoss, match='at step 4'):
    run(host, LEARNS)
  assert list(host.saved) == [0]


def at(step):
  """The sum of the batches of steps before `step`: 1 + 2 + ..."""
  return step * (step + 1) / 2


@pytest.mark.parametrize('interval', [0, 5])
def test_probes_of_mask_steps_are_of_before_and_after(interval):
  host = Host()
  plan = PLAN._replace(probe_interval=interval, probe_updates=True)
  run(host, LEARNS, plan=plan)
  around = {
    r['step']: (r['gradient_norm_before'], r['gradient_norm_after'])
    for r in host.records
    if 'gradient_norm_before' in r
  }
  assert around == {3: (at(2), at(3)), 7: (at(6), at(7))}
  probed = {
    r['step']: (r['gradient_norm'], r['probe_loss'])
    for r in host.records
    if 'gradient_norm' in r
  }
  regular = (0, 5, 10) if interval else ()
  assert probed == {step: (at(step), 0.5) for step in regular}


def test_probes_change_nothing_else(whole):
  host = Host()
  plan = PLAN._replace(probe_interval=3)
  states, progress = run(host, LEARNS, plan=plan)
  assert (states, progress) == whole.end
  names = ('gradient_norm', 'probe_loss')
  assert [r['step'] for r in host.records if names[0] in r] == [0, 3, 6, 9, 10]
  others = [
    {k: v for k, v in r.items() if k not in names} for r in host.records
  ]
  assert [r for r in others if len(r) > 2] == whole.records
  assert not any('probe' in line for line in whole.log)


def test_a_run_that_fails_in_a_mask_step_is_not_probed_after():
  host = Host()
  plan = PLAN._replace(probe_updates=True)
  run(host, LEARNS, FAILS_AT_6, plan=plan, order=same_order)
  steps = [
    (r['step'], r['run']) for r in host.records if 'gradient_norm_after' in r
  ]
  assert steps == [(3, 0), (3, 1), (7, 0)]
