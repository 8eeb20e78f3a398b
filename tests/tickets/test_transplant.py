"""Masks for another initialisation, from runs to runs."""

import jax
import numpy as np
import pytest

from jaxsparse.core.masks import active_by_path
from jaxsparse.runs.train import train
from jaxsparse.tickets.transplant import transplant
from jaxsparse.training.checkpoints import load_params, save_params


def moved(twins, out, how, target='seed1', seed=0):
  workdirs = [twins / name for name in ('pruned', 'seed0', target)]
  transplant(*workdirs, out, how=how, seed=seed)
  return load_params(out)


def by_unit(masks):
  """Returns the columns of the first kernel and rows of the second, by unit."""
  first, second = (np.asarray(masks[f'Dense_{i}']['kernel']) for i in (0, 1))
  return [(tuple(first[:, i]), tuple(second[i])) for i in range(len(second))]


def test_hidden_units_keep_their_weights_and_change_places(twins, tmp_path):
  before = load_params(twins / 'pruned')[1]
  for how in ('aligned', 'random'):
    params, masks = moved(twins, tmp_path / how, how)
    assert active_by_path(masks) == active_by_path(before)
    assert by_unit(masks) != by_unit(before)
    assert sorted(by_unit(masks)) == sorted(by_unit(before))
    start = load_params(twins / 'seed1', step=0)[0]
    jax.tree.map(np.testing.assert_array_equal, params, start)
  _, masks = moved(twins, tmp_path / 'naive', 'naive')
  assert by_unit(masks) == by_unit(before)


def test_it_is_a_function_of_the_seed(twins, tmp_path):
  one, again, other = (
    by_unit(moved(twins, tmp_path / 'out', 'random', seed=seed)[1])
    for seed in (0, 0, 1)
  )
  assert one == again != other


def test_onto_the_same_run_nothing_moves(twins, tmp_path):
  _, masks = moved(twins, tmp_path / 'out', 'aligned', target='seed0')
  assert by_unit(masks) == by_unit(load_params(twins / 'pruned')[1])


def test_a_run_takes_them(twins, make_config, tmp_path):
  _, masks = moved(twins, tmp_path / 'aligned', 'aligned')
  config = make_config('static', seed=1)
  config.init.masks = str(tmp_path / 'aligned')
  train(config, tmp_path / 'run', plots=False)
  params, of_run = load_params(tmp_path / 'run', step=0)
  jax.tree.map(np.testing.assert_array_equal, of_run, masks)
  start, _ = load_params(tmp_path / 'aligned')
  kernel, mask = params['Dense_0']['kernel'], masks['Dense_0']['kernel']
  np.testing.assert_array_equal(kernel, start['Dense_0']['kernel'] * mask)


def test_what_does_not_fit_is_refused(twins, make_config, tmp_path):
  wide = make_config('static', num_steps=1, updater__sparsity=0.0)
  wide.model.features = (8,)
  train(wide, tmp_path / 'wide', plots=False)
  pruned, first, second = (twins / n for n in ('pruned', 'seed0', 'seed1'))
  out = tmp_path / 'out'
  with pytest.raises(ValueError, match=r'wide of mlp .*8.*of one model'):
    transplant(pruned, first, tmp_path / 'wide', out)
  with pytest.raises(ValueError, match=r'wide.*mask .* has shape'):
    transplant(tmp_path / 'wide', first, second, out)
  save_params(tmp_path / 'bare', load_params(first)[0])
  with pytest.raises(ValueError, match='bare holds no masks'):
    transplant(tmp_path / 'bare', first, second, out)
  with pytest.raises(ValueError, match='bare is no run'):
    transplant(pruned, tmp_path / 'bare', second, out)
  with pytest.raises(ValueError, match="how is 'best'"):
    transplant(pruned, first, second, out, how='best')
  assert not out.exists()
