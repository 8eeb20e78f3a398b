"""What checkpoints hold besides the state, today's and earlier ones."""

import logging

import jax
import pytest

from jaxsparse.runs import checkpoint_meta
from jaxsparse.training.executors import Execution
from jaxsparse.training.loop import Progress

PROGRESS = Progress(40, [0.1, 1 / 3, 7], 33)
CONFIG = {'seed': 3, 'model': {'features': (16,)}}


ALONE = Execution('one_by_one', 1, 1)


def test_what_a_checkpoint_holds_is_read_back():
  meta = checkpoint_meta.make(PROGRESS, CONFIG, 12.5, Execution('vmap', 6, 8))
  assert checkpoint_meta.progress(40, meta, CONFIG) == PROGRESS
  assert checkpoint_meta.execution(meta) == Execution('vmap', 6, 8)
  assert meta['wall_seconds'] == 12.5
  assert meta['config'] == {'seed': 3, 'model': {'features': [16]}}


@pytest.fixture
def warnings(caplog):
  def of(execution, *metas):
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger='jaxsparse'):
      checkpoint_meta.warn_of_move(metas, execution)
    return caplog.messages

  return of


def test_going_on_elsewhere_is_warned_of(warnings):
  meta = checkpoint_meta.make(PROGRESS, CONFIG, 12.5, ALONE)
  assert warnings(ALONE, meta) == []
  meta['made_on']['jax'] = '0.0.1'
  (message,) = warnings(ALONE, meta)
  assert f'was on jax 0.0.1 and goes on on {jax.__version__}' in message


def test_going_on_under_another_executor_is_warned_of(warnings):
  meta = checkpoint_meta.make(PROGRESS, CONFIG, 12.5, Execution('vmap', 6, 8))
  assert warnings(Execution('vmap', 6, 8), meta) == []
  (message,) = warnings(Execution('vmap', 5, 8), meta)
  assert 'was on width 6 and goes on on 5' in message
  message = ' '.join(warnings(ALONE, meta))
  assert 'was on executor vmap and goes on on one_by_one' in message
  other = checkpoint_meta.make(PROGRESS, CONFIG, 12.5, Execution('vmap', 7, 8))
  widths = warnings(Execution('vmap', 5, 8), meta, other, meta)
  assert ['width 6' in widths[0], 'width 7' in widths[1]] == [True, True]
  assert len(widths) == 2


def test_checkpoints_that_name_no_executor_were_trained_one_by_one(warnings):
  meta = checkpoint_meta.make(PROGRESS, CONFIG, 12.5, ALONE)
  for name in ('executor', 'width', 'devices'):
    del meta['made_on'][name]
  assert checkpoint_meta.execution(meta) == ALONE
  assert warnings(ALONE, meta) == []
  assert len(warnings(Execution('vmap', 6, 8), meta)) == 3


def test_a_checkpoint_of_another_config_is_refused():
  meta = checkpoint_meta.make(PROGRESS, CONFIG, 12.5, ALONE)
  with pytest.raises(ValueError, match='config.seed: 3 -> 4'):
    checkpoint_meta.progress(40, meta, CONFIG | {'seed': 4})


def test_meta_of_earlier_versions_is_read():
  """Theirs was of all seeds of a workdir, here of one."""
  meta = checkpoint_meta.make(PROGRESS, CONFIG, 12.5, ALONE)
  old = meta | {'meters': [meta.pop('meter')], 'failed': {'0': 33}}
  old['config'] = CONFIG | {'replicates': 1}
  made_on = old['made_on']
  old['made_on'] = made_on | {'carry': made_on.pop('executor')}
  assert checkpoint_meta.progress(40, old, CONFIG) == PROGRESS
  old['failed'] = {}
  assert checkpoint_meta.progress(40, old, CONFIG).failed is None
  assert checkpoint_meta.execution(old) == ALONE
