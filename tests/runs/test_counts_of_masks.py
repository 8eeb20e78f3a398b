"""Runs whose layers are as sparse as the masks that they start from."""

import json
import shutil

import numpy as np
import pytest

from jaxsparse.config import identity
from jaxsparse.core import masks as masking
from jaxsparse.core import registry
from jaxsparse.errors import Interrupted
from jaxsparse.runs import checks, sources
from jaxsparse.runs.build import build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import load_params


@pytest.fixture(scope='module')
def moved(tmp_path_factory, make_config):
  """A finished run that moved weights between layers."""
  config = make_config('rigl_sm', seed=5)
  root = tmp_path_factory.mktemp('runs') / 'moved'
  train(config, root, plots=False)
  return root


def counts_of(root):
  return masking.active_by_path(load_params(root)[1])


def starting(make_config, source, method='rigl', **init):
  config = make_config(method, seed=9)
  config.init.update({'masks': str(source), 'counts': 'masks'} | init)
  return config


def test_by_default_they_are_those_of_the_distribution(make_config, moved):
  config = starting(make_config, moved, counts='updater')
  experiment = build(config)
  assert counts_of(moved) != experiment.target_counts
  with pytest.raises(ValueError, match=r'config\.init\.masks: .* holds'):
    sources.load(experiment)


@pytest.mark.parametrize('shuffled', [False, True])
def test_rigl_keeps_the_layers_of_the_run_that_it_starts_from(
  make_config, moved, tmp_path, shuffled
):
  config = starting(make_config, moved, shuffle_masks=shuffled)
  summary = train(config, tmp_path / 'run', plots=False)
  given, first, last = (
    load_params(path)[1]
    for path in (moved, tmp_path / 'run' / 'checkpoints/0', tmp_path / 'run')
  )
  there = counts_of(moved)
  assert counts_of(tmp_path / 'run' / 'checkpoints/0') == there
  assert counts_of(tmp_path / 'run') == there
  same = [
    np.array_equal(a[name]['kernel'], b[name]['kernel'])
    for a, b in ((given, first), (first, last))
    for name in ('Dense_0', 'Dense_1')
  ]
  assert same == [not shuffled, not shuffled, False, False]
  # FLOPs are those of the layers as they are: 64 and 16 inputs, 10 classes.
  shares = there['Dense_0/kernel'] + there['Dense_1/kernel']
  assert summary['inference_flops'] == pytest.approx(shares / (1024 + 160))
  assert summary['training_flops'] > summary['inference_flops']


def test_a_run_that_was_stopped_goes_on_without_its_source(
  make_config, moved, tmp_path
):
  shutil.copytree(moved, tmp_path / 'moved')
  config = starting(make_config, 'run:moved', 'static')
  stop = iter([False, True])
  with pytest.raises(Interrupted):
    train(config, tmp_path / 'a', plots=False, interrupted=lambda: next(stop))
  shutil.rmtree(tmp_path / 'moved')
  summary = train(config, tmp_path / 'a', plots=False)
  assert summary['steps'] == 30
  assert summary['training_flops'] is not None
  assert counts_of(tmp_path / 'a') == counts_of(moved)


def test_weights_and_masks_of_a_checkpoint_are_taken_likewise(
  make_config, moved
):
  config = starting(make_config, '', checkpoint=str(moved))
  masks = sources.load(build(config)).masks
  assert masking.active_by_path(masks) == counts_of(moved)


def test_the_sum_is_still_what_the_method_asks_for(make_config, moved):
  config = starting(make_config, moved)
  config.updater.sparsity = 0.7
  with pytest.raises(ValueError, match=r"active weights at 'all'"):
    sources.load(build(config))


def test_a_net_without_zeros_says_no_counts(make_config, tmp_path):
  config = make_config('dense', updater__sparsity=0.0)
  train(config, tmp_path / 'dense', plots=False)
  config = starting(make_config, '', checkpoint=str(tmp_path / 'dense'))
  with pytest.raises(ValueError, match=r'config\.init\.counts: .* holds none'):
    sources.load(build(config))


def test_a_method_that_returns_to_its_own_counts_is_refused(make_config, moved):
  found = {}
  for method in registry.names('jaxsparse.updaters'):
    config = make_config(method, updater__stop_step=20)
    if method == 'dense':
      config.updater.sparsity = 0.0
    experiment = build(config)
    updater = experiment.updater
    facts = updater.facts
    if facts.invariant in checks.KEEP_COUNTS and not facts.scores_at_init:
      config.init.update(masks=str(moved), counts='masks')
      try:
        abstract_state(build(config))  # Asked for before a run starts.
      except ValueError as error:
        found[method] = str(error)
  assert list(found) == ['ste', 'topkast']
  for method, said in found.items():
    assert said.startswith(f'config.init.counts: {method} returns to the')


@pytest.mark.parametrize('field', ['masks', 'checkpoint'])
def test_so_is_one_that_starts_dense(make_config, moved, field):
  config = starting(make_config, '', 'gmp', **{field: str(moved)})
  config.updater.stop_step = 20
  with pytest.raises(ValueError, match=r'config\.init\.\w+: gmp starts with'):
    build(config)


def test_runs_of_before_are_what_they_were(make_config):
  """The field at its default is no part of what a run is."""
  config = build(make_config()).config
  old = json.loads(identity.to_json(config))
  del old['init']['counts']
  assert identity.digest(old) == identity.digest(config)
  assert identity.differences(old, config) == []
