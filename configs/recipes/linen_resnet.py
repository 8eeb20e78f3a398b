"""A ResNet-20 of Flax linen under RigL, in a loop of one's own.

    python -m configs.recipes.linen_resnet

One weight in ten is active, by ERK, and the step compiles once, mask steps
included. Orbax saves the params, the statistics of the BatchNorms and the state
of `sparsify`, which holds the masks; what resumes from there ends with the bits
of the loop that was not stopped.
"""

import pathlib
import tempfile

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
from sklearn.datasets import load_digits

import jaxsparse as js
from jaxsparse.models.resnet import resnet


def main(depth: int = 20) -> None:
  """Runs the recipe and prints what came out."""
  images, labels = load_digits(return_X_y=True)
  images = jnp.asarray(images.reshape(-1, 8, 8, 1) / 16, jnp.float32)
  labels = jnp.asarray(labels)
  model = resnet(depth=depth, stem='cifar', shortcut='pad', num_classes=10)
  variables = model.init(jax.random.key(0), images[:1])
  params, stats = variables['params'], variables['batch_stats']

  counts = js.erk(params, 0.9)
  updater = js.rigl(counts, update_interval=3, stop_step=10)
  tx = js.sparsify(optax.adamw(1e-3), updater, key=jax.random.key(1))

  def loss(params, stats, rows):
    variables = {'params': params, 'batch_stats': stats}
    logits, new = model.apply(
      variables, images[rows], train=True, mutable='batch_stats'
    )
    losses = optax.softmax_cross_entropy_with_integer_labels(
      logits, labels[rows]
    )
    return losses.mean(), new['batch_stats']

  @jax.jit
  def train_step(params, stats, state):
    key = jax.random.fold_in(jax.random.key(2), state.step)
    rows = jax.random.randint(key, [32], 0, len(labels))
    seen = js.sparsify_params(params, state)
    grads, stats = jax.grad(loss, has_aux=True)(seen, stats, rows)
    updates, state = tx.update(grads, state, params)
    return optax.apply_updates(params, updates), stats, state

  # What Orbax restores is on a named device; so is the start, for one program.
  start = params, stats, tx.init(params)
  trees = jax.device_put(start, jax.devices()[0])
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / 'step_6'
    with ocp.StandardCheckpointer() as checkpointer:
      for step in range(12):
        if step == 6:
          checkpointer.save(path, trees)
        trees = train_step(*trees)
      checkpointer.wait_until_finished()
      resumed = checkpointer.restore(path, trees)
  for _ in range(6):
    resumed = train_step(*resumed)

  print(js.summary(trees[-1]))
  print('programs of the step:', train_step._cache_size())
  same = jax.tree.map(np.array_equal, trees, resumed)
  print('resumed to the same bits:', jax.tree.all(same))


if __name__ == '__main__':
  main()
