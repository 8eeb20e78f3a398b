"""Statistics of BatchNorm on the way between nets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.analyses import _batch_norm, _error_lines
from jaxsparse.analyses.barrier import barrier
from jaxsparse.analyses.interpolation import interpolation
from jaxsparse.analysis.solutions import Solution
from jaxsparse.runs import finished, measures
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.tasks.classification import classification

EXAMPLES = 130  # Of batches of 100, one of 100 and one of 30.


class Normed(nn.Module):
  """Two layers with BatchNorm, each of its own momentum."""

  @nn.compact
  def __call__(self, x, train):
    x = x.reshape(len(x), -1)
    for units, momentum in ((5, 0.7), (4, 0.9)):
      x = nn.Dense(units)(x)
      x = nn.relu(nn.BatchNorm(not train, momentum=momentum)(x))
    return nn.Dense(10)(x)


@pytest.fixture(scope='module')
def normed(make_config, tmp_path_factory):
  """A run of that model that never was, and its net."""
  root = tmp_path_factory.mktemp('normed')
  experiment = build(make_config())._replace(task=classification(Normed()))
  run = finished.Finished(root, experiment)
  params, state = experiment.task.init(
    jax.random.key(0), jnp.zeros((1, 8, 8, 1))
  )
  return run, Solution(params, None, state)


def by_hand(params, x):
  """Mean and variance before each BatchNorm of one batch, and the logits."""
  params = jax.tree.map(np.float64, params)
  found, x = {}, x.reshape(len(x), -1) / 16
  for i in (0, 1):
    x = x @ params[f'Dense_{i}']['kernel'] + params[f'Dense_{i}']['bias']
    mean, var = x.mean(0), x.var(0)
    found[f'BatchNorm_{i}'] = {'mean': mean, 'var': var}
    x = np.maximum((x - mean) / np.sqrt(var + 1e-5), 0)
  return found, x @ params['Dense_2']['kernel'] + params['Dense_2']['bias']


def test_statistics_are_means_over_batches_of_any_momentum(normed):
  run, net = normed
  images = run.experiment.dataset.train.images
  batches = measures.train_batches(run, EXAMPLES)
  recompute = _batch_norm.recompute(run, net, batches, 'recomputed')
  # What was there before does not count.
  before = jax.tree.map(lambda x: x + 7, net.model_state)
  found = recompute(net.params, {**before, 'other': {'n': 3}})
  assert found['other'] == {'n': 3}
  first, _ = by_hand(net.params, images[:100])
  second, _ = by_hand(net.params, images[100:EXAMPLES])
  jax.tree.map(
    lambda got, a, b: np.testing.assert_allclose(
      got, (100 * a + 30 * b) / 130, rtol=1e-4, atol=1e-6
    ),
    *(found['batch_stats'], first, second),
  )


def test_curves_are_fitted_on_the_statistics_of_the_batch(normed):
  run, net = normed
  (batch,) = measures.train_batches(run, 60)
  measure = jax.jit(_batch_norm.training_loss(run))
  found = measure(net.params, net.model_state, batch)
  _, logits = by_hand(net.params, run.experiment.dataset.train.images[:60])
  each = np.log(np.exp(logits).sum(1))
  each -= logits[np.arange(60), np.asarray(batch.labels)]
  assert found['loss'] == pytest.approx(each.mean(), rel=1e-4)


def test_errors_on_a_line_are_on_the_statistics_of_training_examples(normed):
  run, net = normed
  other = net._replace(params=jax.tree.map(lambda x: x[..., ::-1], net.params))
  options = {'points': 3, 'examples': 60, 'batch_norm': 'recomputed'}
  lines = _error_lines.measure(run, [(net, other)], **options)
  data = run.experiment.dataset.train
  for i, a in enumerate((0, 0.5, 1)):
    params = jax.tree.map(
      lambda x, y, a=a: (1 - a) * x + a * y, net.params, other.params
    )
    _, logits = by_hand(params, data.images[:60])
    wrong = np.mean(logits.argmax(1) != data.labels[:60])
    assert lines.errors['train'][0, i] == pytest.approx(wrong, abs=1e-6)
  assert lines.errors['test'].shape == (1, 3)


def test_interpolated_statistics_are_left_alone(normed):
  run, net = normed
  assert _batch_norm.recompute(run, net, [], 'interpolated') is None


@pytest.mark.parametrize('analysis', [interpolation, barrier])
def test_other_values_and_models_are_refused(analysis, runs):
  pair = [runs.tuned_0, runs.pruned]
  said = "'recompute'; accepted are .* Did you mean 'recomputed'"
  with pytest.raises(ValueError, match=said):
    analysis(pair, batch_norm='recompute')
  with pytest.raises(ValueError, match='tuned_0 has no BatchNorm; accepted is'):
    analysis(pair, examples=50, batch_norm='recomputed')


@pytest.mark.slow
def test_on_the_way_of_a_resnet(make_config, tmp_path):
  """Of one batch, the loss is that of a net in training mode."""
  # Not a VGG: XLA's level 0, of these tests, makes NaN of BatchNorm before a
  # max pool.
  config = make_config('static', model='resnet')
  config.model.update(depth=8, stem='cifar', width=0.25)
  config.num_steps = 12
  train(config, tmp_path, plots=False)
  options = {'examples': 100, 'batch_norm': 'recomputed'}
  found = interpolation([tmp_path, tmp_path], points=15, **options)
  run = finished.load(tmp_path)
  (batch,) = measures.train_batches(run, 100)
  measure = jax.jit(_batch_norm.training_loss(run))
  state = finished.solution(run).model_state
  start, end = (finished.solution(run, step).params for step in (0, 12))
  for i in (2, 7, 12):
    a = found.table['alpha'][i]
    params = jax.tree.map(lambda x, y, a=a: (1 - a) * x + a * y, start, end)
    expected = float(measure(params, state, batch)['loss'])
    assert found.table['loss'][i] == pytest.approx(expected, rel=1e-4)
  kept = interpolation([tmp_path, tmp_path], points=15, examples=100)
  assert np.abs(kept.table['loss'] - found.table['loss']).mean() > 1e-3
  way = barrier([tmp_path, tmp_path], points=3, steps=9, **options)
  at_end = found.table['loss'][-3]
  assert way.table['loss'][[0, 2]] == pytest.approx([at_end] * 2, rel=1e-5)
  # From a point that is no minimum, curves lead down at once.
  assert way.numbers['climb_cubic'] < 0
