import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.tasks import classification as tasks
from jaxsparse.tasks.classification import classification


class Normed(nn.Module):
  """Logits are the normalised inputs: no arithmetic to get wrong twice."""

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.BatchNorm(
      use_running_average=not train, momentum=0.9, use_scale=False, epsilon=0.0
    )(x)
    return nn.Dropout(0.5, deterministic=not train)(x)


IMAGES = np.random.default_rng(0).normal(3, 2, (5, 4)).astype(np.float32)
BATCH = {'image': IMAGES, 'label': np.array([0, 1, 2, 3, 0], np.int32)}
TASK = classification(Normed())


def cross_entropy(logits, labels):
  logits = np.asarray(logits, np.float64)
  norm = np.log(np.exp(logits).sum(1))
  return norm - logits[np.arange(len(labels)), labels]


@pytest.fixture(scope='module')
def variables():
  return TASK.init(jax.random.key(0), jnp.zeros((1, 4)))


def test_init_tells_params_from_model_state(variables):
  params, model_state = variables
  assert set(params['BatchNorm_0']) == {'bias'}
  assert set(model_state['batch_stats']['BatchNorm_0']) == {'mean', 'var'}


def test_training_normalises_by_the_batch_and_gives_new_statistics(variables):
  params, model_state = variables
  loss, (new, logits) = TASK.loss(
    params, model_state, BATCH, key=jax.random.key(1), train=True
  )
  normed = (IMAGES - IMAGES.mean(0)) / IMAGES.std(0)
  kept = np.asarray(logits) != 0
  assert 0 < kept.sum() < kept.size
  np.testing.assert_allclose(logits, 2 * normed * kept, rtol=1e-4)
  expected = cross_entropy(logits, BATCH['label']).mean()
  np.testing.assert_allclose(loss, expected, rtol=1e-5)
  mean = new['batch_stats']['BatchNorm_0']['mean']
  np.testing.assert_allclose(mean, 0.1 * IMAGES.mean(0), rtol=1e-4)


def test_evaluation_uses_the_statistics_and_changes_none(variables):
  params, model_state = variables
  loss, (new, logits) = TASK.loss(
    params, model_state, BATCH, key=jax.random.key(1), train=False
  )
  np.testing.assert_allclose(logits, IMAGES, rtol=1e-6)
  np.testing.assert_array_equal(
    TASK.logits(params, model_state, BATCH['image']), logits
  )
  jax.tree.map(np.testing.assert_array_equal, new, model_state)
  expected = cross_entropy(IMAGES, BATCH['label']).mean()
  np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_dropout_follows_the_key(variables):
  params, model_state = variables

  def logits(seed):
    key = jax.random.key(seed)
    return TASK.loss(params, model_state, BATCH, key=key, train=True)[1][1]

  np.testing.assert_array_equal(logits(0), logits(0))
  assert np.any(logits(0) != logits(1))


def test_the_loss_of_an_example_is_float32_in_nats():
  logits = jnp.asarray([[0, 0], [0, 1], [50, 0]], jnp.bfloat16)
  labels = jnp.asarray([1, 1, 1])
  losses = tasks.cross_entropy(logits, labels)
  assert losses.dtype == jnp.float32
  np.testing.assert_allclose(
    losses, [np.log(2), np.log1p(np.exp(-1)), 50], rtol=1e-6
  )


def test_smoothed_labels_share_a_part_of_every_label(variables):
  task = classification(Normed(), label_smoothing=0.2)
  loss, _ = task.loss(*variables, BATCH, key=jax.random.key(1), train=False)
  # 0.8 of the label's class, and 0.2 of the mean over all four.
  each = np.stack(
    [cross_entropy(IMAGES, np.full(5, c)) for c in range(4)], axis=1
  )
  label = each[np.arange(5), BATCH['label']]
  expected = np.mean(0.8 * label + 0.2 * each.mean(axis=1))
  np.testing.assert_allclose(loss, expected, rtol=1e-5)
  # What a run is judged by stays the cross entropy.
  found = task.example_loss(jnp.asarray(IMAGES), jnp.asarray(BATCH['label']))
  np.testing.assert_allclose(found, label, rtol=1e-5)
