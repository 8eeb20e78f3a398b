"""Masks of a run on the weights of another, with units permuted."""

import jax
import numpy as np
import pytest

from jaxsparse.core.masks import active_by_path
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.tickets.transplant import transplant
from jaxsparse.training.checkpoints import load_params


def moved(twins, make_config, how, **fields):
  config = make_config('static', seed=1, **fields)
  config.init.update(
    checkpoint='run:seed1',
    checkpoint_step=0,
    masks='run:pruned',
    transplant=how,
    align_from='run:seed0',
    align_to='run:seed1',
  )
  return config


@pytest.mark.parametrize('how', ['aligned', 'naive'])
def test_masks_are_those_of_the_command(twins, make_config, tmp_path, how):
  train(moved(twins, make_config, how), twins / how, plots=False)
  params, masks = load_params(twins / how, step=0)
  names = ('pruned', 'seed0', 'seed1')
  transplant(*(twins / name for name in names), tmp_path / 'out', how=how)
  start, expected = load_params(tmp_path / 'out')
  jax.tree.map(np.testing.assert_array_equal, masks, expected)
  kernel, mask = start['Dense_0']['kernel'], masks['Dense_0']['kernel']
  np.testing.assert_array_equal(params['Dense_0']['kernel'], kernel * mask)


def test_masks_are_cut_before_they_are_moved(twins, make_config):
  """A level keeps the counts of the rounds in each layer of the source."""
  levels = {
    'pruning__level': 1,
    'pruning__rate': 0.5,
    'updater__sparsity': 0.0,
  }
  for how in ('naive', 'random'):
    config = moved(twins, make_config, how, **levels)
    config.init.masks = 'run:seed0'
    train(config, twins / f'level_{how}', plots=False)
  naive, random = (
    load_params(twins / f'level_{how}')[1] for how in ('naive', 'random')
  )
  assert active_by_path(naive) == active_by_path(random)
  first = [np.asarray(m['Dense_0']['kernel']) for m in (naive, random)]
  assert (first[0] != first[1]).any()
  columns = [sorted(map(tuple, kernel.T)) for kernel in first]
  assert columns[0] == columns[1]


@pytest.mark.parametrize('field', ['transplant', 'align_from', 'masks'])
def test_half_of_it_is_refused(twins, make_config, field):
  config = moved(twins, make_config, 'aligned')
  config.init[field] = ''
  with pytest.raises(ValueError, match='config.init.transplant: got'):
    build(config)
