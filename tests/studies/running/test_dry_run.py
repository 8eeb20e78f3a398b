"""A study tried row by row, against what its members are built to be."""

import re

import pytest

from jaxsparse.errors import TrainingFailed
from jaxsparse.studies.running import dry_run

SPARSITY = 'updater.sparsity'
COLUMNS = (
  *('run', 'members', 'steps', 'epochs', 'batch', 'parameters', 'active'),
  *('sparsity', 'multiply-adds', 'mask steps', 'losses'),
)


def table(text):
  heading, *lines = text.split('\n\n')[0].splitlines()
  assert re.split(r'  +', heading) == list(COLUMNS)
  rows = [re.split(r'  +', line) for line in lines]
  return {r[0]: dict(zip(COLUMNS, r, strict=True)) for r in rows if len(r) > 2}


@pytest.mark.slow
def test_each_row_is_tried_and_nothing_is_written(study, tiny, tmp_path):
  given = {'init.masks': '{pruned}', 'init.checkpoint': '{pruned}'}
  times = {'updater.start_step': 0, 'updater.stop_step': 22}
  pruned = tiny('pruned', 'gmp', {SPARSITY: 0.5, **times}, seeds=2)
  asked = study(
    pruned,
    tiny('ticket', 'static', {SPARSITY: 0.5, **given}, seeds=2, label='LT'),
    tiny('rigl', 'rigl', grid={SPARSITY: (0.8, 1.0)}),
  )
  made = dry_run.take(asked, tmp_path / 'runs')
  text = dry_run.text(asked, made)
  found = table(text)
  # 64x16 and 16x10 with biases, 30 steps of 16 of 1,442 examples. ERK leaves
  # 446.8 and 145.2 of half of the weights, each rounded up.
  common = {'steps': '30', 'epochs': '0.3329', 'batch': '16'}
  common['parameters'] = '1,210'
  for name, members, active, mask_steps in (
    ('pruned', '2', '593', '5'),
    ('LT', '2', '593', '0'),
    ('rigl, sparsity 80 %', '1', '238', '5'),
  ):
    row = found[name]
    assert row.items() >= common.items()
    assert (row['members'], row['active']) == (members, active)
    assert row['mask steps'] == mask_steps
    # A weight of a dense layer is multiplied once.
    assert row['multiply-adds'] == active
    assert len(row['losses'].split()) == 2 + (mask_steps != '0')
  assert 'rigl, sparsity 100 %: config.updater: sparsity' in text
  assert (
    'made-up batches of 2 at a learning rate in proportion: the batch of 16'
    in text
  )
  assert (
    'weights, masks and signs that rows take from others were made up' in text
  )
  assert '\n3 of 4 rows: ' in text
  assert not (tmp_path / 'runs').exists()
  with pytest.raises(ValueError, match='rigl, sparsity 100 %: config.updater'):
    dry_run.check(asked, made)


@pytest.mark.slow
def test_rows_that_move_weights_between_layers_are_told(study, tiny, tmp_path):
  moves = {'updater.name': 'rigl_sg'}
  signs = {'init.signs': '{moves}'}
  asked = study(tiny('moves', 'rigl', moves), tiny('stays', 'static', signs))
  text = dry_run.text(asked, dry_run.take(asked, tmp_path))
  assert (
    '\nmultiply-adds of moves: as the distribution has it; layers may share'
    in text
  )
  assert 'signs that rows take from others were made up' in text


def test_a_row_that_fails_does_not_stop_the_others(study, tiny, tmp_path):
  wild = {'optimizer.learning_rate': 1e38, 'optimizer.weight_decay': 1e38}
  asked = study(tiny('wild', 'static', wild), tiny('tame', 'static'))
  made = dry_run.take(asked, tmp_path)
  text = dry_run.text(asked, made)
  assert table(text)['wild']['losses'] == 'failed'
  assert '\nwild: the loss is not finite at step 1\n' in text
  assert len(made[1].losses) == 2
  with pytest.raises(TrainingFailed, match='wild: the loss is not finite'):
    dry_run.check(asked, made)


def test_progress_is_told(study, tiny, tmp_path, caplog):
  caplog.set_level('INFO', 'jaxsparse')
  asked = study(tiny('a', 'static'), tiny('b', 'static', label='Bee'))
  dry_run.check(asked, dry_run.take(asked, tmp_path))
  said = [r.getMessage() for r in caplog.records]
  assert said == ['dry run: a (1 of 2)', 'dry run: Bee (2 of 2)']
