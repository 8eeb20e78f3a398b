"""A study whose members are trained together by vmap."""

import dataclasses
import shutil
import types

import pytest

from jaxsparse.errors import Interrupted
from jaxsparse.runs import workdir
from jaxsparse.studies.planning import plan as plan_lib
from jaxsparse.studies.planning.plan import plan
from jaxsparse.studies.planning.status import Status, status
from jaxsparse.studies.running import run as run_lib
from jaxsparse.studies.running import worker

SPARSITY = 'updater.sparsity'


@pytest.fixture(scope='module')
def asked(study, tiny):
  grid = {SPARSITY: (0.5, 0.8)}
  start = {'init.checkpoint': '{rigl}'}
  return study(
    tiny('rigl', grid=grid),
    tiny('faster', overrides={'optimizer.learning_rate': 0.2}),
    tiny('blown', overrides={'optimizer.learning_rate': 1e38}),
    tiny('ticket', 'static', start, grid=grid),
  )


def run(asked, root, **kwargs):
  return run_lib.run(
    asked, root, root / 'runs', name='x', command='x', parallel='vmap', **kwargs
  )


def test_a_family_is_one_task_and_those_after_it_another(asked, tmp_path):
  tasks = worker.tasks(plan(asked, tmp_path, 'vmap'))
  assert [len(task.name) for task in tasks] == [4, 2]
  assert tasks[1].needs == {tasks[0].name}
  assert not tasks[0].needs


def test_members_under_way_go_on_without_those_that_are_new(asked, tmp_path):
  made = plan(asked, tmp_path, 'vmap')
  begun = [m.name for m in made.left if not m.after][:2]
  statuses = {**made.statuses} | dict.fromkeys(begun, Status('begun', 10))
  names = [task.name for task in worker.tasks(made._replace(statuses=statuses))]
  assert tuple(begun) in names
  assert sorted(map(len, names)) == [2, 2, 2]


@pytest.mark.parametrize(
  ('saved', 'expected'),
  [
    # Killed as they saved step 20: some are one save behind.
    ([(0, 10, 20), (0, 10), (0, 10, 20), (0, 10)], [('abcd', 10)]),
    # Of the first save of all, or before it.
    ([(0,), (), (0,), (0,)], [('abcd', 0)]),
    # Of two studies, each killed somewhere else.
    ([(0, 10, 20), (0,), (0, 10, 20), (0,)], [('ac', 20), ('bd', 0)]),
    ([(0, 20, 30), (0, 20), (0, 10), (0,)], [('ab', 20), ('cd', 0)]),
    (
      [(0, 30), (0, 20, 30), (0, 10, 20), (0, 10, 20)],
      [('ab', 30), ('cd', 20)],
    ),
  ],
)
def test_members_under_way_go_on_from_a_step_they_share(
  saved, expected, monkeypatch
):
  monkeypatch.setattr(plan_lib, 'family', lambda member: 'f')
  left = [types.SimpleNamespace(name=n, after=()) for n in 'abcd']
  statuses = {
    name: Status('begun', max(steps, default=0), saved=steps)
    for name, steps in zip('abcd', saved, strict=True)
  }
  found = plan_lib.form_groups(left, statuses, dict.fromkeys('abcd', 'vmap'))
  assert [(''.join(g.names), g.step) for g in found] == expected
  alone = plan_lib.form_groups(
    left, statuses, dict.fromkeys('abcd', 'one_by_one')
  )
  assert [(g.names, g.step) for g in alone] == [
    ((name,), statuses[name].step) for name in 'abcd'
  ]


def longer(asked):
  """The first two runs of `asked`, with time to be stopped in."""
  runs = (
    dataclasses.replace(run, overrides={**run.overrides, 'num_steps': 100})
    for run in asked.runs[:2]
  )
  return dataclasses.replace(asked, runs=tuple(runs))


@pytest.mark.slow
def test_a_kill_amid_a_save_leaves_the_plan_true(asked, tmp_path):
  """What goes on, from where the plan says, ends as what was not killed."""
  small, killed = longer(asked), tmp_path / 'killed'

  def interrupted():
    return any(killed.glob('runs/*/checkpoints/20'))

  with pytest.raises(Interrupted):
    run(small, killed, interrupted=interrupted)
  first = min((killed / 'runs').iterdir())
  saved = status(first, 100).saved
  shutil.rmtree(first / 'checkpoints' / str(saved[-1]))
  made = plan(small, killed / 'runs', 'vmap')
  assert {s.step for s in made.statuses.values()} == {saved[-2]}
  (task,) = worker.tasks(made)
  assert len(task.name) == 3
  again, whole = (run(small, root) for root in (killed, tmp_path / 'whole'))
  for a, b in zip(again.members, whole.members, strict=True):
    records = [(m.root / 'metrics.jsonl').read_text() for m in (a, b)]
    assert records[0] == records[1]
    assert a.summary['test_accuracy'] == b.summary['test_accuracy']


@pytest.mark.slow
def test_damaged_checkpoints_are_told_and_the_rest_goes_on(asked, tmp_path):
  small = longer(asked)

  def interrupted():
    return any(tmp_path.glob('runs/*/checkpoints/10'))

  with pytest.raises(Interrupted):
    run(small, tmp_path, interrupted=interrupted)
  first = min((tmp_path / 'runs').iterdir())
  for path in first.glob('checkpoints/*/_CHECKPOINT_METADATA'):
    path.unlink()
  added = tiny_row(asked)
  results = run(dataclasses.replace(small, runs=(*small.runs, added)), tmp_path)
  (broken,) = (m for m in results.members if m.kind != 'done')
  assert broken.kind == 'blocked'
  assert broken.root == first
  assert broken.error == f'{first.name}/checkpoints holds no good checkpoint'


def tiny_row(asked):
  """A run like those of `asked`, of a family of its own."""
  return dataclasses.replace(
    asked.runs[0],
    name='added',
    overrides={**asked.runs[0].overrides, 'batch_size': 8},
    grid={},
  )


def test_members_one_by_one_are_tasks_of_their_own(asked, tmp_path):
  made = plan(asked, tmp_path, 'one_by_one')
  tasks = {task.name: task for task in worker.tasks(made)}
  assert len(tasks) == 6
  for member in made.left:
    task = tasks[member.name,]
    assert task.needs == {(name,) for name in member.after}


def test_they_are_trained_together_and_say_so(asked, tmp_path):
  results = run(asked, tmp_path)
  notes = {(m.row.run, m.note) for m in results.members if m.summary}
  assert notes == {
    ('rigl', 'trained by vmap, 4 members together'),
    ('faster', 'trained by vmap, 4 members together'),
    ('ticket', 'trained by vmap, 2 members together'),
  }
  (blown,) = (m for m in results.members if m.row.run == 'blown')
  assert 'not finite' in blown.error
  for member in results.members:
    config = workdir.read_config(member.root)
    for field, value in member.row.point:
      assert config['updater'][field.partition('.')[2]] == value
  assert run(asked, tmp_path).members == results.members
