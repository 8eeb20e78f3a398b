"""An MLP of Equinox under RigL, in a loop of one's own.

    python -m configs.recipes.equinox_mlp

One weight in fifty is active, by ERK, and the step compiles once, mask steps
included. Equinox saves the params with the state of `sparsify`, which holds the
masks; what resumes from there ends with the bits of the loop that was not
stopped.
"""

import io

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

import jaxsparse as js


def main() -> None:
  """Runs the recipe and prints what came out."""
  images, labels = load_digits(return_X_y=True)
  images, labels = jnp.asarray(images / 16, jnp.float32), jnp.asarray(labels)
  model = eqx.nn.MLP(64, 10, width_size=300, depth=2, key=jax.random.key(0))
  params, rest = eqx.partition(model, eqx.is_inexact_array)

  counts = js.erk(params, 0.98)
  updater = js.rigl(counts, update_interval=10, stop_step=75)
  tx = js.sparsify(optax.adam(1e-2), updater, key=jax.random.key(1))

  def loss(params, rows):
    logits = jax.vmap(eqx.combine(params, rest))(images[rows])
    return optax.softmax_cross_entropy_with_integer_labels(
      logits, labels[rows]
    ).mean()

  @jax.jit
  def train_step(params, state):
    key = jax.random.fold_in(jax.random.key(2), state.step)
    rows = jax.random.randint(key, [128], 0, len(labels))
    grads = jax.grad(loss)(js.sparsify_params(params, state), rows)
    updates, state = tx.update(grads, state, params)
    return optax.apply_updates(params, updates), state

  trees, file = (params, tx.init(params)), io.BytesIO()
  for step in range(100):
    if step == 40:
      eqx.tree_serialise_leaves(file, trees)
    trees = train_step(*trees)

  file.seek(0)
  resumed = eqx.tree_deserialise_leaves(file, trees)
  for _ in range(60):
    resumed = train_step(*resumed)

  params, state = trees
  logits = jax.vmap(eqx.combine(params, rest))(images)
  print(f'accuracy: {jnp.mean(logits.argmax(-1) == labels):.3f}')
  print(js.summary(state))
  print('programs of the step:', train_step._cache_size())
  same = jax.tree.map(np.array_equal, trees, resumed)
  print('resumed to the same bits:', jax.tree.all(same))


if __name__ == '__main__':
  main()
