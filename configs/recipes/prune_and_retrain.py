"""A sparse net pruned further, and trained again under masks that are given.

    python -m configs.recipes.prune_and_retrain

`js.prune` keeps the largest weights of each layer, and with `masks` none comes
back. A sampler draws the first masks of a method; one that returns masks that
exist already makes a method train with those. `js.static` then keeps them, and
`js.rigl` would move them.
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
  counts = js.erk(params, 0.5)
  # A net of the counts to start with; any masks will do.
  masks = js.random_masks(params, counts, key=jax.random.key(1))

  def loss(params):
    logits = model.apply({'params': params}, images)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return losses.mean(), jnp.mean(logits.argmax(-1) == labels)

  @jax.jit
  def train(params, masks):
    updater = js.static(js.active(masks), sampler=lambda *_, key: masks)
    tx = js.sparsify(optax.adam(1e-2), updater, key=jax.random.key(2))

    def step(carry, _):
      params, state = carry
      grads, accuracy = jax.grad(loss, has_aux=True)(params)
      updates, state = tx.update(grads, state, params)
      return (optax.apply_updates(params, updates), state), accuracy

    start = js.apply_masks(params, masks), tx.init(params)
    (params, state), accuracy = jax.lax.scan(step, start, length=60)
    return params, state.mask_state.masks, accuracy[-1]

  for sparsity in (0.5, 0.8, 0.9, 0.95):
    before = masks
    counts = js.erk(params, sparsity)
    params, masks = js.prune(params, counts, masks=masks)
    params, masks, accuracy = train(params, masks)
    regrown = jax.tree.map(lambda new, old: (new & ~old).sum(), masks, before)
    print(
      f'sparsity {js.sparsity(masks):.4f}, accuracy {accuracy:.3f}, weights'
      f' that came back: {sum(jax.tree.leaves(regrown))}'
    )


if __name__ == '__main__':
  main()
