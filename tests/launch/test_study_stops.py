"""A study that is stopped where there is nothing to save: at once, by 42."""

import signal

import pytest

STUDY = """
import pathlib
import time

from jaxsparse.studies.spec import Analysis, Run, Study

TINY = {
  'model.features': (16,),
  'batch_size': 16,
  'num_steps': 20,
  'eval.batch_size': 100,
}


def long(workdirs, *, mark):
  pathlib.Path(mark).touch()
  time.sleep(600)


def get_config():
  return Study(
    'Stops',
    (Run('dense', CONFIG, TINY, seeds=1),),
    analyses=(Analysis('long', ('dense',), long, {'mark': MARK}),),
  )
"""
# Of a run: it is read while the plan is made.
SLOW = """
import pathlib
import time


def get_config():
  pathlib.Path(MARK).touch()
  time.sleep(600)
"""


@pytest.fixture
def stopped(fork, cache, tmp_path):
  """`stopped(config, number)`: a study that has been, in something long."""

  def run(config, number):
    mark = tmp_path / 'mark'
    for name, text in (('stops', STUDY), ('slow', SLOW)):
      text = text.replace('MARK', repr(str(mark)))
      text = text.replace('CONFIG', repr(str(config)))
      (tmp_path / f'{name}.py').write_text(text)
    args = [f'--config={tmp_path}/stops.py', f'--workdir={tmp_path}/study']
    process = fork(args, module='study', **cache)
    process.wait_for(mark.exists)
    ended = process.kill(number)
    assert ended.code == 42, ended
    assert 'Traceback' not in ended.err
    return ended.err.splitlines()[-1]

  return run


@pytest.mark.parametrize(
  'number',
  [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM],
)
def test_in_an_analysis(stopped, tmp_path, number):
  said = stopped('digits/mlp:dense', number)
  assert said.startswith('stopped and saved with 1 of 1 members done')
  assert not (tmp_path / 'study' / 'report').exists()


def test_as_the_plan_is_made(stopped, tmp_path):
  said = stopped(tmp_path / 'slow.py', signal.SIGINT)
  assert said.startswith('stopped; nothing was under way')
  assert not (tmp_path / 'study').exists()
