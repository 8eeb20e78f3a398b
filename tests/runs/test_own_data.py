"""Runs on arrays of the user's own."""

import math

import numpy as np
import pytest

from jaxsparse.runs import dry_run, finished, reading
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train

FEATURES, NEVER = 'own_features.features', 'own_features.never'
MODULE = """
import numpy as np

def features():
  points = np.linspace(-1.0, 2.0, 120).reshape(40, 3)
  split = points, np.arange(40) % 4
  return {'train': split, 'test': split, 'validation': split}

def never():
  raise AssertionError('was called')
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
  (tmp_path / 'own_features.py').write_text(MODULE)
  monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(
  ('fields', 'expected'),
  [
    ({'updater__name': 'rigll'}, "updater.name: .*Did you mean 'rigl'"),
    ({'model__name': 'mlpp'}, "model.name: .*Did you mean 'mlp'"),
    ({'metrics': ('accurcy',)}, "config.metrics: .*Did you mean 'accuracy'"),
    ({'optimizer__schedule': 'cosin'}, "schedule: .*Did you mean 'cosine'"),
    ({'updater__distribution': 'erkk'}, "distribution: .*Did you mean 'erk'"),
    ({'data__augment': ('crup',)}, "config.data.augment: .*mean 'crop'"),
    ({'task': 'clasification'}, "config.task: .*mean 'classification'"),
    ({'batch_size': 0}, 'config.batch_size: got 0'),
  ],
)
@pytest.mark.parametrize('read', [reading.dataset, reading.describe])
def test_what_needs_no_data_is_refused_before_they_are_read(
  make_config, fields, expected, read
):
  with pytest.raises(ValueError, match=expected):
    build(make_config(data__name=NEVER, **fields), read)


def test_features_are_normalised_one_by_one(make_config):
  mean, std = (0.5, 0.4, 0.3), (1.0, 2.0, 3.0)
  config = make_config(data__name=FEATURES, data__mean=mean, data__std=std)
  experiment = build(config, reading.describe)
  assert experiment.target_counts.keys() == {'Dense_0/kernel', 'Dense_1/kernel'}
  assert experiment.params['Dense_0']['kernel'].shape == (3, 16)
  assert experiment.params['Dense_1']['kernel'].shape == (16, 4)
  assert experiment.pixels[:3] == (1.0, mean, std)
  with pytest.raises(ValueError, match='mean has 2 numbers; .* none, one or 3'):
    build(make_config(data__name=FEATURES, data__mean=mean[:2]))


def test_a_dry_run_is_on_made_up_features(make_config):
  config = make_config(data__name=FEATURES, updater__sparsity=0.5)
  losses = dry_run.take(build(config, reading.describe))
  assert all(math.isfinite(loss) and loss > 0.5 for loss in losses)


def test_a_run_is_judged_on_the_validation_split_and_loaded_again(
  make_config, tmp_path
):
  config = make_config(data__name=FEATURES, updater__sparsity=0.5)
  summary = train(config, tmp_path / 'run', plots=False)
  assert summary['validation_accuracy'] == summary['test_accuracy']
  loaded = finished.load(tmp_path / 'run').experiment
  np.testing.assert_array_equal(
    loaded.dataset.train.images, build(config).dataset.train.images
  )
