"""A process that trains LeNet-300-100 on MNIST with RigL, in an own loop.

  python -m jaxsparse.benchmarks.mnist_rigl mnist.npz STEPS SEED

Batches have 100 images; masks of 98 % (ERK) change every 100 steps. Fails below
80 % of the test images.
"""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsparse.core.distributions.erk import erk
from jaxsparse.models.mlp import mlp
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.updaters.rigl import rigl

_BATCH = 100


def main(path: str, steps: int, seed: int) -> None:
  """Trains and evaluates."""
  data = np.load(path)
  images, labels = jnp.asarray(data['train']), jnp.asarray(data['labels'])
  key, net = jax.random.key(seed), mlp()
  params = jax.jit(net.init)(key, images[:1] / 255)['params']
  times: dict[str, Any] = {'start_step': 100, 'stop_step': steps * 3 // 4}
  tx = sparsify(
    optax.sgd(0.1, momentum=0.9),
    rigl(erk(params, 0.98), **times),
    key=key,
    update_interval=100,
    **times,
  )
  state = tx.init(params)

  def loss(params, rows):
    logits = net.apply({'params': params}, images[rows] / 255)
    return optax.softmax_cross_entropy_with_integer_labels(
      logits, labels[rows]
    ).mean()

  @jax.jit
  def train_step(params, state, rows):
    grads = jax.grad(loss)(sparsify_params(params, state), rows)
    updates, state = tx.update(grads, state, params)
    return optax.apply_updates(params, updates), state

  rng = np.random.default_rng(seed)
  for _ in range(steps):
    rows = rng.integers(0, len(images), _BATCH)
    params, state = train_step(params, state, rows)

  @jax.jit
  def predict(params, images):
    logits: Any = net.apply({'params': params}, images / 255)
    return logits.argmax(-1)

  predicted = predict(sparsify_params(params, state), data['test'])
  accuracy = (predicted == data['test_labels']).mean()
  sys.stdout.write(f'{accuracy}\n')
  sys.exit(int(accuracy < 0.8))


if __name__ == '__main__':
  main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
