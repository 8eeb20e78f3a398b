"""What stops a small study, and what is left when it does."""

import contextlib
import functools
import os
import types

import pytest

from jaxsparse.errors import Interrupted, WorkdirBusy
from jaxsparse.locks import lock
from jaxsparse.runs import followers, workdir
from jaxsparse.studies.planning.plan import plan
from jaxsparse.studies.planning.status import write_failure
from jaxsparse.studies.running import run as run_lib
from jaxsparse.studies.running import worker
from jaxsparse.studies.running.progress import StudyProgress
from jaxsparse.training.sharding import DEFAULT


def run(study, root, **arguments):
  return run_lib.run(
    study, root, root / 'runs', name='small', command='again', **arguments
  )


class TestInterruptions:
  """What stops a study, and what is left when it does."""

  @pytest.fixture
  def asked(self, study, tiny):
    return study(tiny('dense', 'dense', seeds=3))

  def test_all_members_save_and_stop(self, asked, tmp_path):
    def interrupted():
      found = (tmp_path / 'runs').glob('*/checkpoints/10')
      return any(found)

    with pytest.raises(Interrupted, match='stopped and saved with 0 of 3'):
      run(asked, tmp_path, interrupted=interrupted)
    assert not list((tmp_path / 'runs').glob('*/summary.json'))
    results = run(asked, tmp_path)
    assert all(m.summary for m in results.members)

  def test_a_busy_study_is_refused(self, asked, tmp_path):
    with lock(tmp_path / 'study'), pytest.raises(WorkdirBusy):
      run(asked, tmp_path / 'study')
    assert not (tmp_path / 'study' / 'runs').exists()

  def test_a_busy_member_is_waited_for_while_the_others_are_done(
    self, asked, tmp_path, monkeypatch
  ):
    members = plan(asked, tmp_path / 'runs', 'auto').expanded.members
    busy, *others = (tmp_path / 'runs' / name for name in members)
    lines, held = [], contextlib.ExitStack()
    real = StudyProgress.tick

    def tick(progress):
      real(progress)
      lines.append(progress.line())
      if all((root / 'summary.json').exists() for root in others):
        held.close()

    monkeypatch.setattr(StudyProgress, 'tick', tick)
    held.enter_context(lock(busy))
    results = run(asked, tmp_path)
    assert all(member.summary for member in results.members)
    assert any(f'waiting for pid {os.getpid()}' in line for line in lines)

  def test_a_member_that_is_waited_for_may_be_stopped(self, asked, tmp_path):
    members = plan(asked, tmp_path / 'runs', 'auto').expanded.members
    busy, *others = (tmp_path / 'runs' / name for name in members)

    def interrupted():
      return all((root / 'summary.json').exists() for root in others)

    with lock(busy), pytest.raises(Interrupted, match='with 2 of 3'):
      run(asked, tmp_path, interrupted=interrupted)

  def test_what_another_process_failed_at_meanwhile_is_not_repeated(
    self, asked, tmp_path, monkeypatch
  ):
    made = plan(asked, tmp_path / 'runs', 'auto')
    first, *_ = made.expanded.members

    def train(experiment, root, **kwargs):
      if experiment.config.seed == 0:
        write_failure(root, 'not finite')
        raise WorkdirBusy('taken')
      return {}

    (tmp_path / 'runs' / first).mkdir(parents=True)
    config = tmp_path / 'runs' / first / workdir.CONFIG
    config.write_text('{"config": {}}')
    monkeypatch.setattr(followers, 'train_built', train)
    trainer = worker.Worker(
      made,
      types.SimpleNamespace(wait=lambda *_: None, end=lambda *_, **__: None),
      lambda: False,
      functools.partial(followers.train, DEFAULT),
    )
    task, *_ = worker.tasks(made)
    assert trainer(task)
    assert not trainer(task)
    assert trainer.unfinished == {first: ('failed', 'not finite')}

  def test_an_unexpected_error_ends_the_study(
    self, asked, tmp_path, monkeypatch
  ):
    def train(experiment, root, **kwargs):
      raise RuntimeError('no space left on device')

    monkeypatch.setattr(followers, 'train_built', train)
    with pytest.raises(RuntimeError, match='no space left'):
      run(asked, tmp_path)

  def test_the_workdir_of_a_run_is_refused(self, asked, tmp_path):
    results = run(asked, tmp_path)
    with pytest.raises(ValueError, match='is the workdir of a run'):
      run(asked, results.members[0].root)

  def test_a_study_of_refused_members_is_refused(self, study, tiny, tmp_path):
    asked = study(tiny('dense', 'dense', {'updater.sparsity': 0.5}))
    with pytest.raises(ValueError, match='no member can be run: config.updat'):
      run(asked, tmp_path / 'study')
    assert not (tmp_path / 'study').exists()
