"""A study whose members are carried together by vmap."""

import pytest

from jaxsparse.experiments import workdir
from jaxsparse.experiments.studies import run as run_lib
from jaxsparse.experiments.studies import work
from jaxsparse.experiments.studies.plan import plan
from jaxsparse.experiments.studies.status import Status

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


def run(asked, root):
  return run_lib.run(
    asked, root, root / 'runs', name='x', command='x', carry='vmap'
  )


def test_a_family_is_one_task_and_those_after_it_another(asked, tmp_path):
  tasks = work.tasks(plan(asked, tmp_path, 'vmap'))
  assert [len(task.name) for task in tasks] == [4, 2]
  assert tasks[1].needs == {tasks[0].name}
  assert not tasks[0].needs


def test_members_under_way_go_on_without_those_that_are_new(asked, tmp_path):
  made = plan(asked, tmp_path, 'vmap')
  begun = [m.name for m in made.left if not m.after][:2]
  statuses = {**made.statuses} | dict.fromkeys(begun, Status('begun', 10))
  groups = [task.name for task in work.tasks(made._replace(statuses=statuses))]
  assert tuple(begun) in groups
  assert sorted(map(len, groups)) == [2, 2, 2]


def test_members_one_by_one_are_tasks_of_their_own(asked, tmp_path):
  made = plan(asked, tmp_path, 'one_by_one')
  tasks = {task.name: task for task in work.tasks(made)}
  assert len(tasks) == 6
  for member in made.left:
    task = tasks[member.name,]
    assert task.needs == {(name,) for name in member.after}


def test_they_are_trained_together_and_say_so(asked, tmp_path):
  results = run(asked, tmp_path)
  notes = {(m.row.run, m.note) for m in results.members if m.summary}
  assert notes == {
    ('rigl', 'carried by vmap, 4 members together'),
    ('faster', 'carried by vmap, 4 members together'),
    ('ticket', 'carried by vmap, 2 members together'),
  }
  (blown,) = (m for m in results.members if m.row.run == 'blown')
  assert 'not finite' in blown.error
  for member in results.members:
    config = workdir.read_config(member.root)
    for field, value in member.row.point:
      assert config['updater'][field.partition('.')[2]] == value
  assert run(asked, tmp_path).members == results.members
