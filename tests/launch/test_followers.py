"""Programs that the first of two processes leads: studies, what reads runs."""

import functools
import json
import random
import signal
import time

import jax
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.locks import lock
from jaxsparse.training.checkpoints import load_params

STUDY = """
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


def slow(workdirs, *, seconds):
  pathlib.Path(__file__).with_name('slow').touch()
  time.sleep(seconds)
  return {}


def get_config(more=''):
  runs = [
    Run('rigl', 'digits/mlp:rigl', TINY, seeds=1),
    Run('odd', 'digits/mlp:rigl', TINY | {'batch_size': 15}, seeds=1),
    Run('steep', 'digits/mlp:rigl', TINY | {RATE: 1e30}, seeds=1),
  ]
  paths = Analysis('paths', ('rigl',), 'effective_sparsity')
  if not more:
    return Study('Led', runs, analyses=(paths,))
  longer = TINY | {'num_steps': 400, 'checkpoint.interval': 50}
  return Study(
    'Led',
    (
      *runs,
      Run('set', 'digits/mlp:set', longer, seeds=2),
      Run('on', 'digits/mlp:rigl', TINY | {'init.masks': '{rigl}'}, seeds=1),
    ),
    analyses=(
      Analysis('slow', ('rigl',), slow, {'seconds': float(more)}),
      Analysis('overlap', ('rigl', 'set@0'), 'mask_overlap'),
      paths,
    ),
  )
"""
UNREADABLE = """
import sys
from jaxsparse.runs import sources

def load_params(path, step):
  raise ValueError('a bad sector')

if '--process_id=1' in sys.argv:
  sources.load_params = load_params
"""
TRAINS = """
import contextlib
from jaxsparse.config.overrides import override
from jaxsparse.errors import Interrupted
from jaxsparse.runs.train import train
from jaxsparse.studies import config_files

def trained(workdirs):
  config = override(config_files.load_config('digits/mlp:rigl'), TINY)
  root = pathlib.Path(workdirs[0]).parents[1] / 'again'
  with contextlib.suppress(Interrupted):
    train(config, root, plots=False, interrupted=lambda: True)
  assert not (root / 'summary.json').exists()
  summary = train(config, root, plots=False)
  return {'accuracy_again': summary['test_accuracy']}
"""
STOPPED, PEER_LOST = 42, 75


@pytest.fixture
def file(tmp_path):
  path = tmp_path / 'led.py'
  path.write_text(STUDY)
  return path


@pytest.fixture
def study(both, file, tmp_path):
  """`study(*flags, more='') -> [leader, follower]`, in `led`."""

  def begin(*flags, more=''):
    config = f'--config={file}:{more}'.rstrip(':')
    return both([config, f'--workdir={tmp_path / "led"}', *flags], 'study')

  return begin


@pytest.fixture
def alone(launch, file, tmp_path):
  """`alone(more='')`: the study by one process, in `alone`."""

  def make(more=''):
    config = f'--config={file}:{more}'.rstrip(':')
    ended = launch([config, f'--workdir={tmp_path / "alone"}'], module='study')
    assert ended.code == 0, ended

  return make


def ends(processes, *codes):
  ended = [process.end() for process in processes]
  assert [one.code for one in ended] == [*codes], ended
  return ended


def masks(workdir):
  """The masks that finished members end with, as bytes."""
  roots = [path.parent for path in workdir.glob('runs/*/summary.json')]
  flat = {root.name: paths.flatten(load_params(root)[1]) for root in roots}
  return {
    name: {path: np.asarray(leaf).tobytes() for path, leaf in leaves.items()}
    for name, leaves in flat.items()
  }


def numbers(workdir):
  """What analyses found, by their files."""
  found = {
    str(path.relative_to(workdir)): json.loads(path.read_text())['numbers']
    for path in workdir.glob('analyses/*/*.json')
  }
  assert any(found.values())
  return found


def check_same(led, alone):
  """Checks the finished members of a study by those of one process.

  Masks are equal; sums are ordered otherwise.
  """
  close = functools.partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-4)
  roots = [path.parent for path in led.glob('runs/*/summary.json')]
  assert roots
  for root in roots:
    other = alone / 'runs' / root.name
    (params, masks), (expected, equal) = load_params(root), load_params(other)
    jax.tree.map(np.testing.assert_array_equal, masks, equal)
    jax.tree.map(close, params, expected)
    for record, one in zip(metrics(root), metrics(other), strict=True):
      jax.tree.map(close, record, one)
  assert numbers(led) == numbers(alone)


def metrics(root):
  lines = (root / 'metrics.jsonl').read_text().splitlines()
  return [json.loads(line) for line in lines]


def test_two_processes_make_the_study_of_one(study, alone, tmp_path):
  leader, follower = ends(study(), 0, 0)
  assert leader.out.splitlines()[-1].startswith('Report: ')
  assert 'Report' not in follower.out
  # A batch that two devices cannot divide, and a loss that is not finite.
  assert 'odd: 1 of 1 refused: config.batch_size: got 15' in leader.out
  assert 'steep: 1 of 1 failed' in leader.out
  alone()
  check_same(tmp_path / 'led', tmp_path / 'alone')


def training(folder):
  """Returns whether a long member has begun."""
  return lambda: any((folder / 'led').glob('runs/*set*/checkpoints/50'))


def analysing(folder):
  return (folder / 'slow').exists


@pytest.mark.slow
@pytest.mark.parametrize('during', [training, analysing])
def test_a_signal_to_a_follower_stops_all(study, alone, tmp_path, during):
  processes = study(more='60')
  processes[1].wait_for(during(tmp_path))
  processes[1].signal(signal.SIGTERM)
  began = time.monotonic()
  leader, _ = ends(processes, STOPPED, STOPPED)
  assert time.monotonic() - began < 20
  assert leader.err.splitlines()[-1].startswith('stopped and saved with ')
  assert not (tmp_path / 'led' / 'report').exists()
  ends(study(more='0'), 0, 0)
  alone('0')
  assert len(masks(tmp_path / 'led')) == 4
  check_same(tmp_path / 'led', tmp_path / 'alone')


@pytest.mark.slow
@pytest.mark.parametrize('during', [training, analysing])
@pytest.mark.parametrize('victim', [0, 1])
def test_a_kill_ends_the_other(study, tmp_path, victim, during):
  processes = study(more='60')
  processes[victim].wait_for(during(tmp_path))
  processes[victim].kill()
  began = time.monotonic()
  survivor = processes[1 - victim].end()
  assert survivor.code == PEER_LOST, survivor
  assert time.monotonic() - began < 5
  assert 'another process is gone' in survivor.err
  ends(study(more='0'), 0, 0)
  assert len(masks(tmp_path / 'led')) == 4


@pytest.mark.slow
def test_kills_at_any_time_lose_nothing(study, alone, tmp_path):
  draw, kills = random.Random(0), 0
  while kills < 8:
    processes = study(more='1')
    processes[0].wait_for(processes[0].said)  # They are connected.
    time.sleep(draw.uniform(0.0, 12.0))
    victim, survivor = processes[:: draw.choice((1, -1))]
    kills += victim.running()
    victim.kill()
    assert survivor.end().code in (0, PEER_LOST), survivor.end()
    if (tmp_path / 'led' / 'report' / 'report.html').exists():
      break
  ends(study(more='1'), 0, 0)
  assert kills > 2
  alone('1')
  check_same(tmp_path / 'led', tmp_path / 'alone')


@pytest.mark.slow
def test_a_member_of_another_process_is_waited_for(study, tmp_path):
  runs = tmp_path / 'led' / 'runs'
  ends(study(), 0, 0)
  (root,) = (path.parent for path in runs.glob('*/summary.json'))
  (root / 'summary.json').unlink()
  with lock(root):
    processes = study()
    processes[0].wait_for(lambda: 'waiting for pid' in processes[0].said())
  ends(processes, 0, 0)
  assert (root / 'summary.json').exists()


@pytest.mark.slow
def test_a_failure_of_the_leader_ends_all(study, tmp_path):
  (tmp_path / 'led').mkdir()
  (tmp_path / 'led' / 'config.json').write_text('')
  leader, _ = ends(study(), 2, 2)
  assert 'is the workdir of a run' in leader.err
  _, follower = ends(study('--override=nonsense=1'), 2, 2)
  assert 'Traceback' not in follower.err
  # A report that cannot be written.
  (tmp_path / 'led' / 'config.json').unlink()
  (tmp_path / 'led' / 'report').write_text('')
  leader, _ = ends(study(), 1, 1)
  assert 'cannot be written: Not a directory' in leader.err
  leader, _ = ends(study('--dry_run'), 0, 0)
  assert '3 of 3 rows: losses and weights finite' in leader.out


@pytest.mark.slow
def test_other_programs_are_led_too(both, study, arguments, tmp_path):
  args = arguments(tmp_path / 'sweep', '--sweep=config.seed=0:2')
  leader, _ = ends(both(args, 'sweep'), 0, 0)
  assert leader.out.count('Report: ') == 1
  fields = {'updater.name': 'static', 'updater.sparsity': 0.0}
  args = arguments(tmp_path / 'lottery', '--levels=1', '--seeds=1', **fields)
  leader, _ = ends(both([*args, '--arms=shuffle'], 'lottery'), 0, 0)
  assert leader.out.count('Report: ') == 1
  assert len(masks(tmp_path / 'lottery')) == 3
  runs = sorted((tmp_path / 'lottery' / 'runs').iterdir())
  workdirs = f'--workdir={",".join(map(str, runs[:2]))}'
  leader, other = ends(both(['disagreement', workdirs], 'analyze'), 0, 0)
  assert 'Jensen-Shannon divergence' in leader.out
  assert 'Jensen-Shannon divergence' not in other.out
  leader, _ = ends(both([f'--workdirs={tmp_path}/lottery'], 'compare'), 0, 0)
  assert 'test accuracy' in leader.out
  ends(both(['nonsense', workdirs], 'analyze'), 2, 2)


@pytest.mark.slow
def test_a_search_of_two_trials(both, arguments, tmp_path):
  flags = (
    '--trials=2',
    '--search=config.optimizer.learning_rate=log:0.01:1',
  )
  fields = {'data.validation': 0.2}
  args = arguments(tmp_path / 'search', *flags, **fields)
  leader, _ = ends(both(args, 'sweep'), 0, 0)
  assert 'best of 2 trials' in leader.out


@pytest.mark.slow
def test_members_are_divided_by_vmap_or_by_flags(study, tmp_path):
  ends(study('--parallel=vmap'), 0, 0)
  by_vmap = masks(tmp_path / 'led')
  (tmp_path / 'led').rename(tmp_path / 'vmap')
  ends(study('--shard_params'), 0, 0)
  assert masks(tmp_path / 'led').items() <= by_vmap.items()
  assert masks(tmp_path / 'led')
  ended = ends(study('--shard_params', '--parallel=vmap'), 2, 2)
  assert '--parallel=vmap' in ended[0].err


@pytest.mark.slow
@pytest.mark.parametrize('how', ['one_by_one', 'vmap'])
def test_a_member_that_one_process_cannot_read_is_blocked(
  study, file, tmp_path, how
):
  ends(study(), 0, 0)
  (source,) = (path.parent for path in tmp_path.glob('led/runs/*/summary.json'))
  fields = {'init.masks': str(source)}
  runs = f"""
    Run('on', 'digits/mlp:rigl', TINY | {fields}, seeds=2),
    Run('set', 'digits/mlp:set', TINY, seeds=1),
  """
  text = STUDY.replace('\n  runs = [', f'\n  runs = [{runs}')
  file.write_text(f'{text}{UNREADABLE}')
  leader, follower = ends(study(f'--parallel={how}'), 0, 0)
  assert 'on: 2 of 2 blocked: process 1 failed, and has print' in leader.out
  assert 'config.init.masks: a bad sector' in follower.err
  assert any('-set-' in name for name in masks(tmp_path / 'led'))


@pytest.mark.slow
def test_an_analysis_may_train(study, alone, file, tmp_path):
  text = STUDY.replace("'effective_sparsity'", 'trained')
  file.write_text(f'{text}{TRAINS}')
  ends(study(), 0, 0)
  alone()
  assert numbers(tmp_path / 'led') == numbers(tmp_path / 'alone')
