"""A run of which every piece is one's own, named by its dotted path.

    python -m configs.recipes.own_pieces

On the command line it is `--config.task=my_pkg.my_module.focal`. Keyword
arguments of a method and a model are fields of the config.
"""

import pathlib
import tempfile

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn

import jaxsparse as js
from jaxsparse.config.defaults import default_config
from jaxsparse.metrics import Metric
from jaxsparse.runs.train import train
from jaxsparse.testing import check_updater
from jaxsparse.training.task import supervised


def method(counts, *, drop_fraction=0.3):
  def init(params, *, key, probe=None):
    return js.MaskState(js.random_masks(params, counts, key=key))

  def update(grads, state, params, *, step, key):
    drop, grow = jax.tree.map(jnp.abs, (params, grads))
    masks = js.drop_and_grow(state.masks, drop, grow, drop_fraction)
    return js.carry_over(params, state.masks, masks), js.MaskState(masks)

  facts = js.Facts(masks_only=True, dense_batches=1)
  return js.MaskUpdater(init, update, facts=facts)


class Net(nn.Module):
  """Two layers."""

  width: int
  num_classes: int

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.silu(nn.Dense(self.width)(x.reshape(len(x), -1)))
    return nn.Dense(self.num_classes)(x)


def model(*, width=64, num_classes):
  return Net(width, num_classes)


def data():
  points = np.random.default_rng(0).normal(size=(1200, 8))
  labels = (points[:, 0] * points[:, 1] > 0).astype(int)
  split = points[:1000], labels[:1000]
  return {'train': split, 'test': (points[1000:], labels[1000:])}


def loss(module):
  def focal(logits, labels):
    nats = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return (1 - jnp.exp(-nats)) ** 2 * nats

  return supervised(module, focal)


def metric():
  def terms(logits, labels, losses):
    return losses < 0.1

  return Metric('sureness', 'share of sure labels', 100.0, '%', terms=terms)


def schedule(num_steps):
  return lambda step: 1 - jnp.abs(2 * jnp.float32(step) / num_steps - 1)


def main() -> None:
  """Runs the recipe and prints what came out."""
  check_updater(method)  # The contract of methods; a test of one's own.
  here = __spec__.name
  config = default_config(
    updater=f'{here}.method', model=f'{here}.model', optimizer='adam'
  )
  config.data.name, config.task = f'{here}.data', f'{here}.loss'
  config.metrics = ('accuracy', f'{here}.metric')
  config.optimizer.update(schedule=f'{here}.schedule', learning_rate=0.01)
  config.updater.update(drop_fraction=0.2, update_interval=20, sparsity=0.8)
  config.num_steps = 200
  with tempfile.TemporaryDirectory() as folder:
    result = train(config, pathlib.Path(folder) / 'run', plots=False)
  for name in ('test_accuracy', 'test_sureness', 'sparsity'):
    print(name, round(result[name], 4))


if __name__ == '__main__':
  main()
