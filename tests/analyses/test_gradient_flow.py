"""The gradient of a finished run, against one worked out by numpy."""

import json

import numpy as np
import pytest

from jaxsparse.analyses.gradient_flow import gradient_flow
from jaxsparse.data import datasets
from jaxsparse.training.checkpoints import load_params

EXAMPLES = 130


def by_hand(root, step):
  """The masked gradient of the mean cross entropy of 64-16-10, and the loss."""
  params, masks = load_params(root / 'checkpoints' / str(step))
  train = datasets.load('digits').train
  x = train.images[:EXAMPLES].reshape(EXAMPLES, -1) / 16
  first, second = (
    {k: np.float64(v) for k, v in params[f'Dense_{i}'].items()} for i in (0, 1)
  )
  hidden = x @ first['kernel'] + first['bias']
  seen = np.maximum(hidden, 0)
  out = seen @ second['kernel'] + second['bias']
  p = np.exp(out - out.max(1, keepdims=True))
  p /= p.sum(1, keepdims=True)
  rows = np.arange(EXAMPLES), train.labels[:EXAMPLES]
  loss = -np.log(p[rows]).mean()
  p[rows] -= 1
  p /= EXAMPLES
  back = p @ second['kernel'].T * (hidden > 0)
  kept = [np.asarray(masks[f'Dense_{i}']['kernel']) for i in (0, 1)]
  grads = {
    'Dense_0/bias': back.sum(0),
    'Dense_0/kernel': x.T @ back * kept[0],
    'Dense_1/bias': p.sum(0),
    'Dense_1/kernel': seen.T @ p * kept[1],
  }
  return grads, loss, [int(k.sum()) for k in kept]


@pytest.mark.parametrize('step', [5, None])
def test_numbers_are_those_of_the_gradient_by_hand(runs, step):
  found = gradient_flow([runs.rigl], step=step, examples=EXAMPLES)
  grads, loss, kept = by_hand(runs.rigl, 30 if step is None else step)
  norms = [np.linalg.norm(g) for g in grads.values()]
  np.testing.assert_array_equal(found.table['leaf'], list(grads))
  np.testing.assert_array_equal(
    found.table['active'], [16, kept[0], 10, kept[1]]
  )
  np.testing.assert_allclose(found.table['gradient_norm'], norms, rtol=1e-4)
  numbers = found.numbers
  whole = np.linalg.norm(norms)
  masked = np.array([norms[1], norms[3]])
  assert numbers['gradient_norm'] == pytest.approx(whole, rel=1e-4)
  assert numbers['loss'] == pytest.approx(loss, rel=1e-4)
  assert numbers['effective_gradient_flow'] == pytest.approx(
    masked.mean(), rel=1e-4
  )
  assert numbers['gradient_norm_per_weight'] == pytest.approx(
    np.linalg.norm(masked) / np.sqrt(sum(kept)), rel=1e-4
  )


def test_it_is_what_a_probe_recorded(runs, make_config):
  """On the examples of the probe; this model is the same in training mode."""
  config = make_config('rigl')
  size = config.gradient_flow.probe_size
  lines = (runs.rigl / 'metrics.jsonl').read_text().splitlines()
  (first,) = (r for r in map(json.loads, lines) if r['step'] == 0)
  found = gradient_flow([runs.rigl], step=0, examples=size)
  for name in (
    'gradient_norm',
    'effective_gradient_flow',
    'gradient_norm_per_weight',
    'first_order_decrease',
  ):
    assert found.numbers[name] == pytest.approx(first[name], rel=1e-4)


def test_what_is_refused(runs):
  with pytest.raises(ValueError, match='does not hold step 15; kept are 0'):
    gradient_flow([runs.rigl], step=15)
  with pytest.raises(ValueError, match='examples is 0; accepted is >= 1'):
    gradient_flow([runs.rigl], examples=0)


def test_it_is_drawn_by_leaf(runs, draw):
  found = gradient_flow([runs.rigl], examples=EXAMPLES)
  norm, weight = draw(gradient_flow, (found, 'RigL')).figure.axes
  for ax, column in ((norm, 'gradient_norm'), (weight, 'per_weight')):
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), found.table[column])
    assert len(ax.get_xticklabels()) == 4
