"""Levels: masks cut by gradients, and a source that is not finite."""

import jax
import numpy as np
import pytest

from jaxsparse.core import paths, rounds
from jaxsparse.errors import TrainingFailed
from jaxsparse.runs import finished, rewinding, scoring
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import load_params


def flat(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


def gradients(weights, images, labels):
  """The gradient of the mean loss of a net of two layers, by hand."""
  hidden = images @ weights['Dense_0/kernel'] + weights['Dense_0/bias']
  active = np.maximum(hidden, 0)
  logits = active @ weights['Dense_1/kernel'] + weights['Dense_1/bias']
  odds = np.exp(logits)
  errors = odds / odds.sum(axis=1, keepdims=True) - np.eye(10)[labels]
  errors /= len(labels)
  back = (errors @ weights['Dense_1/kernel'].T) * (hidden > 0)
  return {
    'Dense_0/kernel': images.T @ back,
    'Dense_1/kernel': active.T @ errors,
  }


@pytest.mark.parametrize('criterion', ['gradient', 'sensitivity'])
def test_a_level_may_be_cut_by_gradients(
  twins, make_config, tmp_path, caplog, criterion
):
  fields = {
    'updater__sparsity': 0.0,
    'init__masks': str(twins / 'seed0'),
    'pruning__level': 5,
    'pruning__criterion': criterion,
    'scoring__batches': 2,
  }
  train(make_config('static', **fields), tmp_path / 'run', plots=False)
  assert not caplog.records
  experiment = finished.load(tmp_path / 'run').experiment
  split, rows = experiment.dataset.train, scoring.rows(experiment).ravel()
  assert len(rows) == 2 * experiment.config.batch_size
  images = np.asarray(split.images, np.float64)[rows].reshape(len(rows), -1)
  weights = flat(load_params(twins / 'seed0')[0])
  grads = gradients(
    weights, experiment.dataset.scale * images, np.asarray(split.labels)[rows]
  )
  by_weight = criterion == 'sensitivity'
  scores = {
    p: np.abs(grad * weights[p] if by_weight else grad)
    for p, grad in grads.items()
  }
  masks = flat(load_params(tmp_path / 'run')[1])
  kept = min(scores[p][mask].min() for p, mask in masks.items())
  assert kept > max(scores[p][~mask].max() for p, mask in masks.items())
  total = sum(mask.size for mask in masks.values())
  left = sum(mask.sum() for mask in masks.values())
  assert left == rounds.after(total, 0.2, 5)


def test_a_source_that_is_not_finite_is_called_so(
  twins, make_config, tmp_path, monkeypatch
):
  cut = rewinding.cut

  def diverged(*arguments):
    initial = cut(*arguments)
    params = jax.tree.map(lambda x: x * np.nan, initial.params)
    return initial._replace(params=params)

  monkeypatch.setattr(rewinding, 'cut', diverged)
  fields = {'init__checkpoint': str(twins / 'seed0'), 'updater__sparsity': 0.0}
  with pytest.raises(TrainingFailed, match='loss is not finite at step 0'):
    train(make_config('static', **fields), tmp_path / 'run', plots=False)
