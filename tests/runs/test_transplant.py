"""Masks of a run on the weights of another, with units permuted."""

import jax
import numpy as np
import pytest

from jaxsparse.core.masks import active_by_path
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.tickets.transplant import transplant
from jaxsparse.training.checkpoints import load_params


@pytest.fixture(scope='module')
def runs(make_config, tmp_path_factory):
  """Dense runs of seeds 0 and 1, and a pruned one of seed 0."""
  root = tmp_path_factory.mktemp('runs')
  dense = {'updater__sparsity': 0.0}
  configs = {
    'dense': make_config('static', seed=0, **dense),
    'other': make_config('static', seed=1, **dense),
    'pruned': make_config('gmp', seed=0),
  }
  for name, config in configs.items():
    train(config, root / name, plots=False)
  return root


def moved(runs, make_config, how, **fields):
  config = make_config('static', seed=1, **fields)
  config.init.update(
    checkpoint='run:other',
    checkpoint_step=0,
    masks='run:pruned',
    transplant=how,
    align_from='run:dense',
    align_to='run:other',
  )
  return config


@pytest.mark.parametrize('how', ['aligned', 'naive'])
def test_masks_are_those_of_the_command(runs, make_config, tmp_path, how):
  train(moved(runs, make_config, how), runs / how, plots=False)
  params, masks = load_params(runs / how, step=0)
  names = ('pruned', 'dense', 'other')
  transplant(*(runs / name for name in names), tmp_path / 'out', how=how)
  start, expected = load_params(tmp_path / 'out')
  jax.tree.map(np.testing.assert_array_equal, masks, expected)
  kernel, mask = start['Dense_0']['kernel'], masks['Dense_0']['kernel']
  np.testing.assert_array_equal(params['Dense_0']['kernel'], kernel * mask)


def test_masks_are_cut_before_they_are_moved(runs, make_config):
  """A level keeps the counts of the rounds in each layer of the source."""
  levels = {
    'pruning__level': 1,
    'pruning__rate': 0.5,
    'updater__sparsity': 0.0,
  }
  for how in ('naive', 'random'):
    config = moved(runs, make_config, how, **levels)
    config.init.masks = 'run:dense'
    train(config, runs / f'level_{how}', plots=False)
  naive, random = (
    load_params(runs / f'level_{how}')[1] for how in ('naive', 'random')
  )
  assert active_by_path(naive) == active_by_path(random)
  first = [np.asarray(m['Dense_0']['kernel']) for m in (naive, random)]
  assert (first[0] != first[1]).any()
  columns = [sorted(map(tuple, kernel.T)) for kernel in first]
  assert columns[0] == columns[1]


@pytest.mark.parametrize('field', ['transplant', 'align_from', 'masks'])
def test_half_of_it_is_refused(runs, make_config, field):
  config = moved(runs, make_config, 'aligned')
  config.init[field] = ''
  with pytest.raises(ValueError, match='config.init.transplant: got'):
    build(config)
