import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.runs.train import train
from jaxsparse.tasks.classification import classification
from jaxsparse.tasks.mixup import mixed, mixup
from jaxsparse.training import metrics


class Itself(nn.Module):
  """Logits are the inputs."""

  def __call__(self, x, *, train=False):
    return x


IMAGES = np.random.default_rng(0).normal(0, 2, (6, 4)).astype(np.float32)
BATCH = {'image': jnp.asarray(IMAGES), 'label': jnp.array([0, 1, 2, 3, 0, 1])}


def smoothed(logits, labels, smoothing):
  logits = np.asarray(logits, np.float64)
  losses = np.log(np.exp(logits).sum(1, keepdims=True)) - logits
  label = losses[np.arange(len(labels)), labels]
  return (1 - smoothing) * label + smoothing * losses.mean(1)


def test_a_batch_is_mixed_with_itself_in_another_order(key):
  batch = mixed(BATCH, key, 1.0)
  own, other, share = batch['label']
  np.testing.assert_array_equal(own, BATCH['label'])
  # Which image each is mixed with, from the images alone.
  others = (batch['image'] - share * IMAGES) / (1 - share)
  distances = np.abs(others[:, None] - IMAGES[None]).max(-1)
  order = distances.argmin(1)
  assert distances.min(1).max() < 1e-4
  assert sorted(order) == list(range(6))
  assert list(order) != list(range(6))
  np.testing.assert_array_equal(other, BATCH['label'][order])


@pytest.mark.parametrize(('alpha', 'variance'), [(1.0, 1 / 12), (0.2, 5 / 28)])
def test_shares_are_of_the_beta_distribution(alpha, variance):
  def share(seed):
    return mixed(BATCH, jax.random.key(seed), alpha)['label'][2]

  shares = np.asarray(jax.jit(jax.vmap(share))(np.arange(2000)))
  assert shares.mean() == pytest.approx(0.5, abs=0.05)
  assert shares.var() == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize('smoothing', [0.0, 0.2])
def test_losses_of_both_labels_are_mixed_as_the_images(key, smoothing):
  task = mixup(Itself(), label_smoothing=smoothing)
  loss, (_, logits) = task.loss({}, {}, BATCH, key=key, train=True)
  batch = mixed(BATCH, key, 1.0)
  np.testing.assert_allclose(logits, batch['image'], rtol=1e-6)
  own, other, share = batch['label']
  expected = share * smoothed(logits, own, smoothing)
  expected += (1 - share) * smoothed(logits, other, smoothing)
  np.testing.assert_allclose(loss, np.mean(expected), rtol=1e-5)
  other_key, _ = task.loss({}, {}, BATCH, key=jax.random.key(1), train=True)
  assert other_key != loss


@pytest.mark.parametrize('train', [False, True])
def test_a_temperature_divides_the_logits_of_the_loss_alone(key, train):
  task = mixup(Itself(), alpha=0.5)
  loss, (_, logits) = task.loss(
    {}, {}, BATCH, key=key, train=train, temperature=4.0
  )
  batch, share = BATCH, 1.0
  own = other = BATCH['label']
  if train:
    batch = mixed(BATCH, key, 0.5)
    own, other, share = batch['label']
  np.testing.assert_allclose(logits, batch['image'], rtol=1e-6)
  cooled = batch['image'] / 4
  expected = share * smoothed(cooled, own, 0.0)
  expected += (1 - share) * smoothed(cooled, other, 0.0)
  np.testing.assert_allclose(loss, np.mean(expected), rtol=1e-5)


def test_evaluation_mixes_nothing(key):
  task = mixup(Itself(), label_smoothing=0.2)
  plain = classification(Itself(), label_smoothing=0.2)
  losses = [
    one.loss({}, {}, BATCH, key=key, train=False) for one in (task, plain)
  ]
  jax.tree.map(np.testing.assert_array_equal, *losses)
  np.testing.assert_array_equal(task.logits({}, {}, IMAGES), IMAGES)
  np.testing.assert_allclose(
    task.example_loss(IMAGES, BATCH['label']),
    smoothed(IMAGES, BATCH['label'], 0.0),
    rtol=1e-5,
  )


@pytest.mark.parametrize('alpha', [0, -1.0, float('nan')])
def test_an_alpha_that_is_no_shape_of_a_distribution(alpha):
  with pytest.raises(ValueError, match='mixup: alpha is'):
    mixup(Itself(), alpha=alpha)


@pytest.mark.slow
def test_a_config_names_it(make_config, tmp_path):
  losses = []
  for task in ('mixup', 'classification'):
    train(make_config(task=task), tmp_path / task, plots=False)
    records = metrics.read(tmp_path / task / 'metrics.jsonl')
    losses.append([r['eval_loss'] for r in records if 'eval_loss' in r])
  # The same net at first, which then learns more slowly from mixed images.
  assert losses[0][0] == losses[1][0]
  for mixed_loss, plain_loss in zip(*losses, strict=True):
    assert plain_loss <= mixed_loss < np.log(10)
  assert losses[1][-1] < losses[0][-1]
