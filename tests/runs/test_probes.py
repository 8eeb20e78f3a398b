"""Gradient flow as a run trains: real runs, of 30 steps."""

import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.errors import Interrupted
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train, train_together
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import load_params

SIZE = 50
LEAVES = [f'Dense_{i}/{end}' for i in (0, 1) for end in ('bias', 'kernel')]


@pytest.fixture(scope='module')
def probing(make_config):
  """Masks change at 0, 5, 10, 15 and 20; two of these steps are kept."""

  def config(**fields):
    made = make_config(
      gradient_flow__at_updates=True,
      checkpoint__keep_steps=(5, 6, 20, 21),
      **{'updater__update_interval': 5, 'optimizer__weight_decay': 0.1},
    )
    made.gradient_flow.interval = 12
    made.update(fields)
    return made

  return config


@pytest.fixture(scope='module')
def probed(tmp_path_factory, probing):
  root = tmp_path_factory.mktemp('probes') / 'run'
  train(probing(), root, plots=False)
  return root


def recorded(root, name):
  return {
    r['step']: r[name]
    for r in metrics.read(root / 'metrics.jsonl')
    if name in r
  }


def by_hand(root, step, make_config):
  """Loss and norms by leaf, of the first examples, by the chain rule."""
  params, masks = load_params(root, step=step)
  params, masks = (
    {p: np.asarray(x) for p, x in paths.flatten(tree).items()}
    for tree in (params, masks)
  )
  split = build(make_config()).dataset.train
  images = split.images[:SIZE].reshape(SIZE, -1) / 16.0
  hidden = images @ params['Dense_0/kernel'] + params['Dense_0/bias']
  active = np.maximum(hidden, 0)
  logits = active @ params['Dense_1/kernel'] + params['Dense_1/bias']
  right = np.eye(10)[split.labels[:SIZE]]
  chance = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
  d_logits = (chance - right) / SIZE
  d_hidden = (d_logits @ params['Dense_1/kernel'].T) * (hidden > 0)
  grads = {
    'Dense_0/kernel': images.T @ d_hidden,
    'Dense_0/bias': d_hidden.sum(0),
    'Dense_1/kernel': active.T @ d_logits,
    'Dense_1/bias': d_logits.sum(0),
  }
  norms = {
    p: np.sqrt(np.sum((g * masks.get(p, 1)) ** 2)) for p, g in grads.items()
  }
  return -np.log((chance * right).sum(1)).mean(), norms


def whole(norms):
  return np.sqrt(sum(n * n for n in norms.values()))


@pytest.mark.parametrize('step', [0, 30])
def test_a_probe_is_the_gradient_of_the_first_examples(
  probed, make_config, step
):
  """Without weight decay, and only where weights are active."""
  loss, norms = by_hand(probed, step, make_config)
  close = {'rel': 1e-4}
  assert recorded(probed, 'probe_loss')[step] == pytest.approx(loss, **close)
  found = recorded(probed, 'layer_gradient_norm')[step]
  assert sorted(found) == LEAVES
  assert found == pytest.approx(norms, **close)
  total = recorded(probed, 'gradient_norm')[step]
  assert total == pytest.approx(whole(norms), **close)


@pytest.mark.parametrize('step', [0, 30])
def test_a_probe_tells_the_flow_of_layers_and_of_active_weights(
  probed, make_config, step
):
  """Biases take part in neither."""
  _, norms = by_hand(probed, step, make_config)
  kernels = np.array([norms[f'Dense_{i}/kernel'] for i in (0, 1)])
  masks = paths.flatten(load_params(probed, step=step)[1])
  weights = sum(np.count_nonzero(mask) for mask in masks.values())
  expected = {
    'effective_gradient_flow': kernels.mean(),
    'gradient_norm_per_weight': np.sqrt(np.sum(kernels**2) / weights),
  }
  for name, value in expected.items():
    assert recorded(probed, name)[step] == pytest.approx(value, rel=1e-4)


def test_a_probe_tells_the_first_order_decrease_at_the_steps_rate(
  probed, probing
):
  """That of the step that comes next, along the cosine to 0."""
  optimizer = probing().optimizer
  assert (optimizer.schedule, optimizer.warmup_steps) == ('cosine', 0)
  found = recorded(probed, 'first_order_decrease')
  assert found[30] == 0
  for step, norm in recorded(probed, 'gradient_norm').items():
    rate = optimizer.learning_rate * (1 + np.cos(np.pi * step / 30)) / 2
    assert found[step] == pytest.approx(rate * norm**2, rel=1e-5, abs=1e-12)


def test_probes_are_made_when_they_are_due(probed):
  for name in (
    'effective_gradient_flow',
    'first_order_decrease',
    'gradient_norm',
    'gradient_norm_per_weight',
    'layer_gradient_norm',
    'probe_loss',
  ):
    assert list(recorded(probed, name)) == [0, 12, 24, 30]
  for end in ('before', 'after'):
    around = recorded(probed, f'gradient_norm_{end}')
    assert list(around) == [1, 6, 11, 16, 21]
  assert list(recorded(probed, 'eval_loss')) == [0, 15, 30]


@pytest.mark.parametrize('step', [5, 20])
def test_a_mask_step_is_probed_before_and_after(probed, make_config, step):
  for end, state in (('before', step), ('after', step + 1)):
    _, norms = by_hand(probed, state, make_config)
    found = recorded(probed, f'gradient_norm_{end}')[step + 1]
    assert found == pytest.approx(whole(norms), rel=1e-4)


def test_weights_do_not_depend_on_probes(probed, probing, tmp_path):
  config = probing()
  config.gradient_flow.update(interval=0, at_updates=False)
  train(config, tmp_path / 'without', plots=False)
  with_, without = (
    paths.flatten(load_params(root, step=30)[0])
    for root in (probed, tmp_path / 'without')
  )
  for path, leaf in without.items():
    np.testing.assert_array_equal(with_[path], leaf)
  for record in metrics.read(tmp_path / 'without' / 'metrics.jsonl'):
    assert not any('gradient' in name or 'probe' in name for name in record)


def test_a_run_that_was_stopped_tells_the_same(probed, probing, tmp_path):
  """Stopped where a mask step is next, so `before` is of a restored state."""
  for done in (5, 12):
    train_until(probing(), tmp_path / 'run', done)
  train(probing(), tmp_path / 'run', plots=False)
  there, here = (r / 'metrics.jsonl' for r in (probed, tmp_path / 'run'))
  assert here.read_bytes() == there.read_bytes()


def train_until(config, root, step):
  at = []
  with pytest.raises(Interrupted, match=f'step {step}$'):
    train(
      config,
      root,
      plots=False,
      report=lambda done, _: at.append(done),
      interrupted=lambda: at[-1] == step,
    )


def test_runs_trained_together_are_probed_alike(probed, probing, tmp_path):
  seeds = probing().seed, probing().seed + 1
  members = [
    (build(probing(seed=seed)), tmp_path / f'{i}')
    for i, seed in enumerate(seeds)
  ]
  train_together(members)
  for name in (
    'effective_gradient_flow',
    'gradient_norm',
    'gradient_norm_per_weight',
    'layer_gradient_norm',
    'probe_loss',
    'gradient_norm_before',
    'gradient_norm_after',
  ):
    alone = recorded(probed, name)
    found = recorded(tmp_path / '0', name)
    assert list(found) == list(alone)
    for step, value in alone.items():
      assert found[step] == pytest.approx(value, rel=1e-2)
    other = recorded(tmp_path / '1', name)
    assert list(other) == list(alone)
    assert other[30 if 30 in other else 21] != found[30 if 30 in found else 21]


@pytest.mark.parametrize(
  ('field', 'value', 'accepted'),
  [('interval', -1, 'an int >= 0'), ('probe_size', 0, 'an int >= 1')],
)
def test_what_is_no_probe_is_refused(make_config, field, value, accepted):
  with pytest.raises(
    ValueError, match=f'config.gradient_flow.{field}: .* is {accepted}'
  ):
    build(make_config(**{f'gradient_flow__{field}': value}))
