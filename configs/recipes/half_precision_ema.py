"""Clipping, weight decay and accumulation under masks; bfloat16; an average.

    python -m configs.recipes.half_precision_ema

`sparsify` is the outermost transformation, and all else goes into it: its masks
then hold for what each of the others does. Here four batches make a step of the
optimiser, so masks change every multiple of four. Params, masks and optimiser
are float32, and the net computes in bfloat16. The average of the weights is as
sparse as they are, whatever the masks do.
"""

import jax
import jax.numpy as jnp
import optax
from sklearn.datasets import load_digits

import jaxsparse as js
from jaxsparse.models.mlp import mlp


def main() -> None:
  """Runs the recipe and prints what came out."""
  images, labels = load_digits(return_X_y=True)
  images, labels = jnp.asarray(images / 16, jnp.float32), jnp.asarray(labels)
  model = mlp(features=(100, 50), num_classes=10)
  params = model.init(jax.random.key(0), images)['params']

  chain = optax.chain(
    optax.clip_by_global_norm(1.0), optax.adamw(1e-2, weight_decay=1e-2)
  )
  accumulated = optax.MultiSteps(chain, every_k_schedule=4)
  updater = js.rigl(js.erk(params, 0.9), update_interval=40, stop_step=320)
  tx = js.sparsify(
    accumulated.gradient_transformation(), updater, key=jax.random.key(1)
  )
  mean = js.ema(0.98)

  def loss(params, rows):
    half = jax.tree.map(lambda p: p.astype(jnp.bfloat16), params)
    logits = model.apply({'params': half}, images[rows].astype(jnp.bfloat16))
    return optax.softmax_cross_entropy_with_integer_labels(
      logits.astype(jnp.float32), labels[rows]
    ).mean()

  @jax.jit
  def train_step(params, state, average):
    key = jax.random.fold_in(jax.random.key(2), state.step)
    rows = jax.random.randint(key, [64], 0, len(labels))
    grads = jax.grad(loss)(js.sparsify_params(params, state), rows)
    updates, state = tx.update(grads, state, params)
    params = optax.apply_updates(params, updates)
    return params, state, mean.update(params, average, state)

  state = tx.init(params)
  average = mean.init(params, state)
  for _ in range(400):
    params, state, average = train_step(params, state, average)

  print(js.summary(state))
  for name, net in (('last weights', params), ('average', average.params)):
    logits = model.apply({'params': net}, images)
    nonzero = sum(int((leaf != 0).sum()) for leaf in jax.tree.leaves(net))
    print(
      f'{name}: accuracy {jnp.mean(logits.argmax(-1) == labels):.3f},'
      f' weights that are not 0: {nonzero:,}'
    )


if __name__ == '__main__':
  main()
