"""Jobs against stand-ins that fail: what is run, and what is left behind."""

import dataclasses

import pytest

from jaxsparse.errors import JobFailed, TrainingFailed, WorkdirBusy
from jaxsparse.jobs import attempt, commands, records, submission


@pytest.fixture
def submit(world, job):
  """Submits a job without waiting, and sees that nothing is left."""
  pauses = []

  def run(other=None, sleep=pauses.append):
    try:
      return submission.submit(other or job, sleep=sleep)
    finally:
      assert world.resources == {}
      assert world.most <= 1

  run.pauses = pauses
  return run


def count(world, verb):
  return world.verbs().count(verb)


def test_a_job_is_created_run_collected_and_deleted(submit, world, job):
  assert submit().read_text() == 'report'
  order = [verb for verb in world.verbs() if verb != 'describe']
  assert order == ['create', 'ssh', 'delete', 'cp']
  assert records.load(job.name).code == 0


def test_submitting_it_again_runs_nothing(submit, world):
  submit()
  submit()
  assert count(world, 'create') == count(world, 'ssh') == 1


@pytest.mark.parametrize(
  ('outcomes', 'created', 'started'),
  [
    ({'create': ['quota', 'quota']}, 3, 1),
    ({'run': ['preempted', 'preempted', 'preempted']}, 4, 4),
    ({'run': ['lost', 'lost']}, 1, 3),
    ({'run': [1, 42, 1, 1]}, 5, 5),
    ({'wait': ['SUSPENDED', 'FAILED']}, 3, 1),
    ({'create': ['half']}, 2, 1),
    ({'create': ['late']}, 2, 1),
    ({'delete': ['stuck', 'stuck']}, 1, 1),
    ({'run': [[0, 1, 42, 134]]}, 2, 2),
  ],
  ids=str,
)
def test_it_goes_on(submit, world, outcomes, created, started):
  world.set(**outcomes)
  submit()
  assert count(world, 'create') == created
  assert count(world, 'ssh') - count(world, 'logs') >= started
  assert not any(world.outcomes.values())


@pytest.mark.parametrize(
  ('run', 'error', 'text'),
  [
    ([2], ValueError, 'bad input'),
    ([3], TrainingFailed, 'non-finite'),
    ([42, [0, 3, 134]], TrainingFailed, 'non-finite'),
    ([1, 1, 1], JobFailed, 'given up at attempt 3'),
  ],
)
def test_it_ends_with_an_error(submit, world, job, run, error, text):
  world.set(run=run)
  with pytest.raises(error, match=text):
    submit()
  assert not world.outcomes['run']
  assert count(world, 'create') == len(run)
  submit()  # Tried again once asked to.
  assert records.load(job.name).code == 0


def test_attempts_are_bounded(submit, world, monkeypatch):
  monkeypatch.setattr(submission, '_ATTEMPTS', 2)
  world.set(run=['preempted', 42, 0])
  with pytest.raises(
    JobFailed, match='attempt 2, which ended with exit code 42'
  ):
    submit()


def test_pauses_grow_and_are_bounded(submit, world):
  world.set(create=['quota'] * 3)
  with pytest.raises(JobFailed):
    submit()
  assert [p for p in submit.pauses if p > 30] == [60, 120]


def test_a_resource_that_stays_is_named(world, job, monkeypatch):
  monkeypatch.setattr(attempt, '_DELETIONS', 3)
  world.set(delete=['stuck'] * 3)
  words = 'queued-resources delete js-digits-mlp-ri-.*-1 --force'
  with pytest.raises(JobFailed, match=words):
    submission.submit(job, sleep=lambda seconds: None)
  assert records.load(job.name).attempt == 1


def test_without_an_answer_nothing_is_created(submit, world, monkeypatch):
  monkeypatch.setenv('WORLD', '/nowhere')
  with pytest.raises(JobFailed, match='does not answer'):
    submit()
  monkeypatch.setenv('PATH', '/nowhere')
  with pytest.raises(ValueError, match='gcloud is not on the PATH'):
    submit()
  assert world.calls == []


def test_ctrl_c_deletes(submit, world, job):
  def interrupted(words):
    if 'ssh' in words:
      raise KeyboardInterrupt
    return commands.call(words)

  with pytest.raises(KeyboardInterrupt):
    submission.submit(job, call=interrupted, sleep=lambda seconds: None)
  assert world.resources == {}
  assert count(world, 'create') == 1
  submit()
  assert count(world, 'create') == 2


def test_ctrl_c_while_it_is_created_deletes(world, job):
  world.set(create=['late'])

  def interrupted(words):
    ended = commands.call(words)
    if 'create' in words:
      raise KeyboardInterrupt
    return ended

  with pytest.raises(KeyboardInterrupt):
    submission.submit(job, call=interrupted, sleep=lambda seconds: None)
  assert world.resources == {}


def test_a_command_is_stopped_with_us(tmp_path):
  def interrupt(line):
    raise KeyboardInterrupt

  script = f'trap "touch {tmp_path}/stopped; exit" TERM; echo; sleep 1 & wait'
  with pytest.raises(KeyboardInterrupt):
    commands.call(['sh', '-c', script], interrupt)
  assert (tmp_path / 'stopped').exists()


def test_a_killed_process_leaves_a_job_that_goes_on(submit, world, job):
  with records.lock(job.name):
    records.save(records.JobRecord(job, attempt=4))
  world.set(resources={f'{job.name}-4': 'ACTIVE'}, run=[0])
  submit()
  assert count(world, 'create') == 0
  assert count(world, 'ssh') == 1


def test_another_commit_does_not_go_on_with_that_machine(submit, world, job):
  with records.lock(job.name):
    records.save(records.JobRecord(job, attempt=4))
  world.set(resources={f'{job.name}-4': 'ACTIVE'})
  other = dataclasses.replace(job, source='git+https://example.com/x@fedcba')
  assert other.name == job.name
  submit(other)
  assert world.verbs()[0] == 'delete'
  assert count(world, 'create') == 1


def test_a_job_is_submitted_by_one_process(submit, world, job):
  with records.lock(job.name):
    assert records.holder(job.name)
    with pytest.raises(WorkdirBusy, match='submitted by pid'):
      submit()
  assert records.holder(job.name) is None
  assert world.calls == []


def test_cancelling_deletes_what_was_left(world, job):
  with records.lock(job.name):
    records.save(records.JobRecord(job, attempt=2))
  world.set(resources={f'{job.name}-2': 'ACTIVE'})
  submission.delete(job.name, sleep=lambda seconds: None)
  assert world.resources == {}


def test_a_plan_runs_nothing(world, job):
  printed = []
  for backend in ('queued-resource', 'xpk', 'slurm'):
    other = dataclasses.replace(job, backend=backend, cluster='c')
    submission.plan(other, commands.recorder(printed.append))
  assert world.calls == []
  assert {line.split()[0] for line in printed} == {
    *('gcloud', 'xpk', 'sbatch', 'squeue', 'sacct', 'scancel')
  }


@pytest.mark.parametrize(
  ('run', 'created', 'code'),
  [([], 1, 0), ([137], 2, 0), ([2], 1, 2), ([3], 1, 3), ([42], 2, 0)],
)
def test_workloads_of_xpk(submit, world, job, run, created, code):
  world.set(run=run, create=['half'] if run == [137] else [])
  job = dataclasses.replace(job, backend='xpk', cluster='c')
  if code:
    with pytest.raises((ValueError, TrainingFailed)):
      submit(job)
  else:
    submit(job)
  assert count(world, 'create') == created + (run == [137])
  assert records.load(job.name).code == code


@pytest.mark.parametrize(
  ('run', 'created', 'code'),
  [
    (['RUNNING'], 1, 0),
    (['FAILED|42:0'], 2, 0),
    (['PREEMPTED|0:15', 'TIMEOUT|0:1'], 3, 0),
    (['FAILED|2:0'], 1, 2),
    (['FAILED|3:0'], 1, 3),
    (['OUT_OF_MEMORY|0:125'], 2, 0),
  ],
)
def test_jobs_of_slurm(submit, world, job, run, created, code):
  world.set(run=run)
  job = dataclasses.replace(job, backend='slurm', accelerator='gpu:8')
  if code:
    with pytest.raises((ValueError, TrainingFailed)):
      submit(job)
  else:
    submit(job)
  assert world.verbs().count('sbatch') == created
  assert records.load(job.name).code == code
