"""Programs that the first of two processes leads: studies, what reads runs."""

import json

import pytest

from jaxsparse.training.checkpoints import files

STUDY = """
import os
import pathlib
import time

from jaxsparse.studies.spec import Analysis, Run, Study

RATE = 'optimizer.learning_rate'
TINY = {
  'model.features': (16,),
  'batch_size': 16,
  'num_steps': 60,
  'updater.update_interval': 10,
  'eval.interval': 60,
  'eval.batch_size': 100,
  'checkpoint.interval': 10,
}


def slow(workdirs):
  pathlib.Path(workdirs[0], f'slow-{os.getpid()}').touch()
  time.sleep(600)


def get_config(slowly=''):
  analyses = (
    Analysis('overlap', ('rigl', 'set'), 'mask_overlap'),
    Analysis('paths', ('rigl',), 'effective_sparsity'),
    *([Analysis('slow', ('set',), slow)] if slowly else []),
  )
  runs = (
    Run('rigl', 'digits/mlp:rigl', TINY, seeds=1),
    Run('set', 'digits/mlp:set', TINY, seeds=1),
    Run('odd', 'digits/mlp:rigl', TINY | {'batch_size': 15}, seeds=1),
    Run('steep', 'digits/mlp:rigl', TINY | {RATE: 1e30}, seeds=1),
  )
  return Study('Led', runs, analyses=analyses)
"""
STOPPED, PEER_LOST = 42, 75


@pytest.fixture(scope='module')
def file(tmp_path_factory):
  path = tmp_path_factory.mktemp('files') / 'led.py'
  path.write_text(STUDY)
  return path


@pytest.fixture
def study(both, file):
  """`study(workdir, *flags) -> [leader, follower]`."""

  def begin(workdir, *flags, slowly=False):
    config = f'{file}:slowly' if slowly else file
    args = [f'--config={config}', f'--workdir={workdir}', *flags]
    return both(args, 'study')

  return begin


def ends(processes, *codes):
  ended = [process.end() for process in processes]
  assert [one.code for one in ended] == [*codes], ended
  return ended


def masks(workdir):
  """Checksums of the masks that finished members end with."""
  found = {}
  for summary in workdir.glob('runs/*/summary.json'):
    step = summary.parent / 'checkpoints' / '60'
    leaves = files.read_record(files.absolute(step)).leaves.items()
    found[summary.parent.name] = {p: leaf for p, leaf in leaves if 'mask' in p}
  return found


def numbers(workdir):
  """What analyses found, by their files."""
  return {
    str(path.relative_to(workdir)): json.loads(path.read_text())['numbers']
    for path in workdir.glob('analyses/*/*.json')
  }


def test_two_processes_make_the_study_of_one(study, launch, file, tmp_path):
  leader, follower = ends(study(tmp_path / 'led'), 0, 0)
  assert leader.out.splitlines()[-1].startswith('Report: ')
  assert 'Report' not in follower.out
  # A batch that two devices cannot divide, and a loss that is not finite.
  assert 'odd: 1 of 1 refused: config.batch_size: got 15' in leader.out
  assert 'steep: 1 of 1 failed' in leader.out
  alone = [f'--config={file}', f'--workdir={tmp_path / "alone"}']
  assert launch(alone, module='study').code == 0
  led = masks(tmp_path / 'led')
  assert len(led) == 2
  assert led.items() <= masks(tmp_path / 'alone').items()
  assert numbers(tmp_path / 'led') == numbers(tmp_path / 'alone')
