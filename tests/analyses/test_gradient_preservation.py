"""Gradients of a sparse net and its dense one, against numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analyses.gradient_preservation import gradient_preservation
from jaxsparse.core import prng
from jaxsparse.data import datasets
from jaxsparse.models.mlp import mlp
from jaxsparse.training.checkpoints import load_params

EXAMPLES = 130


def at_start(root):
  params, masks = load_params(root / 'checkpoints' / '0')
  kept = [np.asarray(masks[f'Dense_{i}']['kernel']) for i in (0, 1)]
  return jax.tree.map(np.float64, params), kept


def dense(seed):
  """The weights that a run of this seed draws."""
  key = prng.stream(jax.random.key(seed), 'init')
  model = mlp(features=(16,), num_classes=10)
  drawn = model.init(key, jnp.zeros((1, 8, 8, 1)))['params']
  return jax.tree.map(np.float64, drawn)


def outputs(params, split, examples):
  x = split.images[:examples].reshape(examples, -1) / 16
  first, second = params['Dense_0'], params['Dense_1']
  hidden = x @ first['kernel'] + first['bias']
  seen = np.maximum(hidden, 0)
  return x, hidden, seen, seen @ second['kernel'] + second['bias']


def softmax(out):
  p = np.exp(out - out.max(1, keepdims=True))
  return p / p.sum(1, keepdims=True)


def norms(params, kept, temperature):
  train = datasets.load('digits').train
  x, hidden, seen, out = outputs(params, train, EXAMPLES)
  p = softmax(out / temperature)
  p[np.arange(EXAMPLES), train.labels[:EXAMPLES]] -= 1
  p /= EXAMPLES * temperature
  back = p @ params['Dense_1']['kernel'].T * (hidden > 0)
  grads = x.T @ back, seen.T @ p
  return [np.linalg.norm(g[k]) for g, k in zip(grads, kept, strict=True)]


def loss(params, split, examples):
  p = softmax(outputs(params, split, examples)[-1])
  return -np.log(p[np.arange(examples), split.labels[:examples]]).mean()


@pytest.mark.parametrize('temperature', [None, 200.0])
def test_it_is_the_gradient_by_hand(runs, temperature):
  found = gradient_preservation(
    [runs.rigl], step=0, examples=EXAMPLES, temperature=temperature
  )
  params, kept = at_start(runs.rigl)
  whole = [np.ones(k.shape, bool) for k in kept]
  sparse = norms(params, kept, temperature or 1.0)
  drawn = norms(dense(7), whole, temperature or 1.0)
  table = found.table
  assert table['layer'].tolist() == ['Dense_0/kernel', 'Dense_1/kernel']
  assert table['active'].tolist() == [k.sum() for k in kept]
  np.testing.assert_allclose(table['gradient_norm'], sparse, rtol=1e-4)
  np.testing.assert_allclose(table['dense_gradient_norm'], drawn, rtol=1e-4)
  ratio = np.linalg.norm(sparse) / np.linalg.norm(drawn)
  data = datasets.load('digits')
  assert found.numbers == {
    'sparse_gradient_norm': pytest.approx(np.linalg.norm(sparse), rel=1e-4),
    'dense_gradient_norm': pytest.approx(np.linalg.norm(drawn), rel=1e-4),
    'gradient_norm_ratio': pytest.approx(ratio, rel=1e-4),
    'squared_gradient_norm_ratio': pytest.approx(ratio**2, rel=1e-4),
    'probe_loss': pytest.approx(loss(params, data.train, EXAMPLES), rel=1e-4),
    'test_loss': pytest.approx(
      loss(params, data.test, len(data.test.labels)), rel=1e-4
    ),
  }


def test_a_net_that_is_dense_is_the_dense_one(runs):
  found = gradient_preservation([runs.pruned], step=0)
  assert found.numbers['gradient_norm_ratio'] == 1
  assert found.table['ratio'].tolist() == [1, 1]


@pytest.mark.parametrize('rewind', [True, False])
def test_masks_of_the_end_are_on_weights_of_the_start_or_the_end(runs, rewind):
  found = gradient_preservation([runs.pruned], examples=EXAMPLES, rewind=rewind)
  trained, masks = load_params(runs.pruned)
  kept = [np.asarray(masks[f'Dense_{i}']['kernel']) for i in (0, 1)]
  params = dense(0) if rewind else jax.tree.map(np.float64, trained)
  for i, mask in enumerate(kept):
    params[f'Dense_{i}']['kernel'] = params[f'Dense_{i}']['kernel'] * mask
  np.testing.assert_allclose(
    found.table['gradient_norm'], norms(params, kept, 1.0), rtol=1e-4
  )
  expected = loss(params, datasets.load('digits').train, EXAMPLES)
  assert found.numbers['probe_loss'] == pytest.approx(expected, rel=1e-4)
  assert not all(mask.all() for mask in kept)


def test_what_is_refused(runs):
  with pytest.raises(ValueError, match='accepted is init.name=dense without'):
    gradient_preservation([runs.tuned_0])
  with pytest.raises(ValueError, match='temperature is 0.0; accepted is above'):
    gradient_preservation([runs.rigl], temperature=0.0)
  with pytest.raises(ValueError, match='does not hold step 15; kept are 0'):
    gradient_preservation([runs.rigl], step=15)


def test_it_is_drawn_by_layer(runs, draw):
  found = gradient_preservation([runs.rigl], examples=EXAMPLES)
  norm, ratio = draw(gradient_preservation, (found, 'RigL')).figure.axes
  for ax, column in ((norm, 'gradient_norm'), (ratio, 'ratio')):
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), found.table[column])
