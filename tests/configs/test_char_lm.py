"""Recipes of character models: the paper's numbers, and the small study."""

import dataclasses

import pytest

from jaxsparse.runs import outline, reading
from jaxsparse.studies import config_files
from jaxsparse.studies.planning.members import expand

METHODS = ('dense', 'static', 'set', 'rigl', 'gmp')


@pytest.mark.parametrize('method', METHODS)
def test_the_recipe_of_the_paper(method, planned):
  run = planned(f'char_lm/gru:{method}')
  size = outline.size(run)
  assert run.plan.num_steps == 200_000
  assert run.example[0].shape == (1, 512)
  assert run.config.batch_size == 32
  # A quarter of (128 + 512) x 1536 + 512 x 256 + 256 x 128.
  assert size.weights == 1_146_880
  assert size.active == (1_146_880 if method == 'dense' else 286_720)
  steps = run.plan.mask_steps
  assert (len(steps), *steps[:2], *steps[-1:]) == {
    'set': (2000, 0, 100, 199_900),
    'rigl': (2000, 0, 100, 199_900),
    'gmp': (101, 50_000, 51_000, 150_000),
  }.get(method, (0,))
  assert run.config.optimizer.schedule == 'constant'
  if method in ('set', 'rigl'):
    assert run.config.updater.hyperparameters['drop_fraction'] == 0.1


def test_the_study_has_three_seeds_of_each_method_and_remedy(tmp_path, planned):
  study = config_files.load_study('studies/rigl/char_lm')
  where = {'data.dir': str(tmp_path / 'nowhere')}
  study = dataclasses.replace(
    study,
    runs=tuple(
      dataclasses.replace(run, overrides={**run.overrides, **where})
      for run in study.runs
    ),
  )
  made = expand(study, tmp_path, reading.describe)
  assert len(made.members) == 33
  remedies = {
    f'{method}_{remedy}': remedy
    for method in ('rigl', 'set')
    for remedy in ('age', 'seed', 'layer')
  }
  assert {run.name for run in study.runs} == {*METHODS, *remedies}
  for cell in made.cells:
    optimizer = made.members[cell.member].experiment.config.optimizer
    assert optimizer.regrown == remedies.get(cell.row.run, 'zero')
  for method in METHODS:
    run = planned(f'tiny_shakespeare/gru:{method}')
    assert len(run.dataset.train.labels) == 15_685
    sizes = outline.size(run)
    share = 1 if method == 'dense' else 4
    assert sizes.active * share == sizes.weights == 98_304
