"""The masks that a run starts with, as its config asks for them."""

import numpy as np
import pytest

from jaxsparse.config import identity
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths, prng, samplers
from jaxsparse.data import resident
from jaxsparse.runs import finished, sources
from jaxsparse.runs.build import build
from jaxsparse.runs.group import start
from jaxsparse.runs.train import train


def first_masks(config):
  """By path."""
  experiment = build(config)
  data = resident.put(experiment.dataset.train)
  state = start(experiment, data, sources.ITS_OWN)
  return paths.flatten(state.mask_state.masks), experiment


def expected(experiment, draw):
  """What `draw` makes of the run's counts and key, by path."""
  key = prng.stream(experiment.member.key, 'initial_masks')
  return paths.flatten(draw(experiment.params, experiment.counts, key=key))


def assert_equal(found, wanted):
  assert found.keys() == wanted.keys()
  for path, mask in wanted.items():
    np.testing.assert_array_equal(found[path], mask, err_msg=path)


def test_a_run_that_says_nothing_is_what_it_was(make_config):
  """Its masks, bit for bit, and its name."""
  found, experiment = first_masks(make_config('static', seed=5))
  assert_equal(found, expected(experiment, masks_lib.random_masks))
  now = experiment.config
  before = identity.jsonable(now)
  assert before['updater'].pop('sampler') == 'uniform'
  assert identity.digest(before) == identity.digest(now)
  assert identity.differences(before, now) == []


def test_another_sampler_is_another_run(make_config):
  found, experiment = first_masks(
    make_config('snfs', seed=5, updater__sampler='uneven')
  )
  assert_equal(found, expected(experiment, samplers.uneven))
  usual = build(make_config('snfs', seed=5)).config
  assert identity.differences(usual, experiment.config) == [
    "config.updater.sampler: 'uniform' -> 'uneven'"
  ]


def test_a_run_whose_units_all_have_an_input(make_config, tmp_path):
  """10 steps on digits; the sampler is named as one's own would be."""
  fields = {
    'seed': 5,
    'num_steps': 10,
    'model__features': (50,),
    'updater__sparsity': 0.95,
    'updater__distribution': 'uniform',
  }
  usual, _ = first_masks(make_config('static', **fields))
  assert not np.asarray(usual['Dense_0/kernel']).any(axis=0).all()
  named = 'jaxsparse.core.samplers.connected'
  config = make_config('static', updater__sampler=named, **fields)
  train(config, tmp_path, plots=False)
  run = finished.load(tmp_path)
  for step in (0, 10):
    kept = paths.flatten(finished.solution(run, step).masks)
    assert_equal(kept, expected(run.experiment, samplers.connected))
    for path, mask in kept.items():
      assert np.asarray(mask).any(axis=0).all(), path
      assert mask.sum() == run.experiment.target_counts[path]


def test_too_few_weights_for_the_units_are_refused_at_once(
  make_config, tmp_path
):
  """11 of 1,024 weights for 16 units."""
  config = make_config('static', num_steps=10, updater__sampler='connected')
  config.updater.update(sparsity=0.99, distribution='uniform')
  with pytest.raises(
    ValueError,
    match=r"config.updater \(static\): 'Dense_0/kernel' has 11 active weights"
    r' for 16 output units, .* accepted are 16 to 1024',
  ):
    train(config, tmp_path / 'run', plots=False)
  assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize(
  ('value', 'said'),
  [
    ('conected', r"updater \(rigl\): 'conected' is not .* mean 'connected'"),
    (3, 'config.updater.sampler: got 3; accepted is a str'),
  ],
)
def test_what_is_no_sampler_is_refused(make_config, value, said):
  config = make_config()
  with config.ignore_type():
    config.updater.sampler = value
  with pytest.raises(ValueError, match=said):
    build(config)


def test_masks_that_are_given_are_not_drawn(make_config):
  config = make_config('static', updater__sampler='uneven')
  config.init.masks = '/somewhere'
  with pytest.raises(
    ValueError,
    match=r"config.updater.sampler: got 'uneven', but config.init.masks gives"
    r" the masks; accepted with it is 'uniform'",
  ):
    build(config)
