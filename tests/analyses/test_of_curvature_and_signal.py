"""The Hessian round a mask step, and signals at initialisation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analyses.hessian import hessian
from jaxsparse.analyses.signal_at_init import signal_at_init
from jaxsparse.analyses.spectrum import spectrum
from jaxsparse.data import datasets
from jaxsparse.training.checkpoints import load_params

EXAMPLES = 60


@pytest.fixture(scope='module')
def train():
  return datasets.load('digits').train


def logits(params, images):
  hidden = (
    images @ params['Dense_0']['kernel'] + params['Dense_0']['bias'][None]
  )
  hidden = jax.nn.relu(hidden)
  return hidden @ params['Dense_1']['kernel'] + params['Dense_1']['bias'][None]


def cross_entropy(out, labels):
  chosen = jax.nn.log_softmax(out)[jnp.arange(len(labels)), labels]
  return -jnp.mean(chosen)


@pytest.fixture(scope='module')
def around(runs):
  return hessian([runs.rigl], step=5, examples=EXAMPLES)


@pytest.mark.parametrize(('side', 'step'), [('before', 5), ('after', 6)])
def test_eigenvalues_are_those_of_a_full_hessian(
  runs, train, around, side, step
):
  """Against `jax.hessian` over all weights, cut down to the active ones."""
  params, masks = load_params(runs.rigl / 'checkpoints' / str(step))
  flat, unravel = jax.flatten_util.ravel_pytree(params)
  images = train.images[:EXAMPLES].reshape(EXAMPLES, -1) / 16

  def loss(flat):
    out = logits(unravel(flat), jnp.float32(images))
    return cross_entropy(out, train.labels[:EXAMPLES])

  whole = np.asarray(jax.jit(jax.hessian(loss))(flat))
  everything = jax.tree.map(lambda p: np.ones(p.shape, bool), params)
  for layer, kept in masks.items():
    everything[layer]['kernel'] = np.asarray(kept['kernel'])
  active = np.concatenate([m.ravel() for m in jax.tree.leaves(everything)])
  expected = np.linalg.eigvalsh(np.float64(whole[active][:, active]))
  found = around.table['eigenvalue'][around.table['side'] == side]
  np.testing.assert_allclose(
    found, expected, atol=1e-5 * np.abs(expected).max()
  )
  negative = found[found < -1e-3]
  numbers = around.numbers
  assert numbers[f'negative_eigenvalues_{side}'] == len(negative) > 0
  assert numbers[f'negative_sum_{side}'] == pytest.approx(negative.sum())
  assert numbers[f'lowest_eigenvalue_{side}'] == found[0]


def test_only_a_mask_step_is_taken(runs):
  with pytest.raises(ValueError, match='not change at step 6; they do at mult'):
    hessian([runs.rigl], step=6)
  with pytest.raises(ValueError, match='does not hold step 15; kept are 0, 5'):
    hessian([runs.rigl], step=15)


def test_the_spectrum_is_drawn_as_counts(around, draw):
  table = around.table
  drawn = draw(hessian, (table, 'RigL'), (table, 'RigL'))
  before, after = drawn.figure.axes[0].patches
  total = (around.table['side'] == 'before').sum()
  assert before.get_data().values.sum() == total
  assert after.get_data().values.sum() == total
  edges = before.get_data().edges
  middle = np.flatnonzero((edges >= -1) & (edges < 1))
  small = np.abs(table['eigenvalue'][table['side'] == 'before']) < 1e-3
  assert before.get_data().values[middle].sum() == small.sum()
  assert before.get_label() == 'before the step'
  assert 'RigL, before' in drawn.alt


def test_a_spectrum_is_that_of_the_side_and_of_any_method(runs, around):
  found = spectrum([runs.rigl], step=5, examples=EXAMPLES)
  before = around.table['eigenvalue'][around.table['side'] == 'before']
  np.testing.assert_array_equal(found.table['eigenvalue'], before)
  for name in ('negative_eigenvalues', 'negative_sum', 'lowest_eigenvalue'):
    assert found.numbers[name] == around.numbers[f'{name}_before']
  last = spectrum([runs.tuned_0], examples=EXAMPLES)
  assert last.numbers['highest_eigenvalue'] == last.table['eigenvalue'][-1] > 0
  with pytest.raises(ValueError, match='does not hold step 15; kept are 0'):
    spectrum([runs.tuned_0], step=15)


def test_one_spectrum_is_drawn_as_counts(around, draw):
  own = around.table['eigenvalue'][around.table['side'] == 'after']
  drawn = draw(spectrum, ({'eigenvalue': own}, 'RigL'))
  (shown,) = drawn.figure.axes[0].patches
  assert shown.get_data().values.sum() == len(own)
  assert 'RigL' in drawn.alt


@pytest.mark.parametrize('noise', [False, True])
def test_signals_by_layer(runs, train, noise):
  found = signal_at_init([runs.rigl], examples=EXAMPLES, noise=noise)
  params, _ = load_params(runs.rigl / 'checkpoints' / '0')
  images = train.images[:EXAMPLES] / 16
  if noise:
    images = jax.random.normal(jax.random.key(0), images.shape, np.float32)
  images = jnp.float32(images).reshape(EXAMPLES, -1)
  first = np.asarray(images @ params['Dense_0']['kernel'])
  out = np.asarray(logits(params, images))
  table = found.table
  np.testing.assert_array_equal(table['layer'], ['Dense_0', 'Dense_1'])
  expected = [np.mean(np.square(first)), np.mean(np.square(out))]
  np.testing.assert_allclose(table['mean_square'], expected, rtol=1e-5)
  assert found.numbers['logit_deviation'] == pytest.approx(
    np.std(out), rel=1e-5
  )
  # The gradient of the mean cross entropy with respect to the logits.
  p = np.exp(out) / np.exp(out).sum(1, keepdims=True)
  p[np.arange(EXAMPLES), train.labels[:EXAMPLES]] -= 1
  norms = [np.linalg.norm(p @ params['Dense_1']['kernel'].T * (first > 0))]
  norms.append(np.linalg.norm(p))
  np.testing.assert_allclose(
    table['gradient_norm'], np.array(norms) / EXAMPLES, rtol=1e-4
  )
  assert found.numbers['signal_at_first_layer'] == table['gradient_norm'][0]


def test_signals_are_drawn_by_layer(runs, draw):
  found = signal_at_init([runs.rigl], examples=EXAMPLES)
  drawn = draw(signal_at_init, (found, 'RigL'))
  forward, backward = drawn.figure.axes
  np.testing.assert_array_equal(
    forward.lines[0].get_ydata(), found.table['mean_square']
  )
  np.testing.assert_array_equal(
    backward.lines[0].get_ydata(), found.table['gradient_norm']
  )
  assert [t.get_text() for t in forward.get_xticklabels()] == [
    'Dense_0',
    'Dense_1',
  ]


def test_no_examples_are_refused(runs):
  with pytest.raises(ValueError, match='examples is 0; accepted is >= 1'):
    signal_at_init([runs.rigl], examples=0)
