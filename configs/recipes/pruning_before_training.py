"""Pruning before training: GraSP beside SNIP and random masks, in an own loop.

    python -m configs.recipes.pruning_before_training

A method scores weights by what a `js.Probe` holds: a loss of your own, which
takes a `temperature` if the method is to have one, and batches. `sparsify` then
trains what is left. The gradient that GraSP leaves is the largest; what comes
of it after training is another matter.
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
  model = mlp(features=(300, 100), num_classes=10)
  params = model.init(jax.random.key(0), images)['params']
  counts = js.erk(params, 0.98)  # Of methods that rank all layers, their sum.

  def loss(params, batch, *, temperature=1.0):
    logits = model.apply({'params': params}, batch[0]) / temperature
    return optax.softmax_cross_entropy_with_integer_labels(
      logits, batch[1]
    ).mean()

  probe = js.Probe(loss, [(images[:100], labels[:100])])
  methods = {
    'grasp': js.grasp(counts, temperature=200.0),
    'snip': js.iterative_snip(counts, rounds=1),
    'random': js.random(counts),
  }
  for name, updater in methods.items():
    tx = js.sparsify(
      optax.adam(3e-3), updater, key=jax.random.key(1), probe=probe
    )

    @jax.jit
    def train(params, state, tx=tx):
      def step(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params, (images, labels))
        updates, state = tx.update(grads, state, params)
        return (optax.apply_updates(params, updates), state), value

      return jax.lax.scan(step, (params, state), length=60)

    state = tx.init(params)
    start = js.sparsify_params(params, state)
    grads = jax.grad(loss)(start, probe.batches[0], temperature=200.0)
    active = js.apply_masks(grads, state.mask_state.masks)
    (end, state), losses = train(start, state)
    logits = model.apply({'params': end}, images)
    print(
      f'{name}: sparsity {js.sparsity(state.mask_state.masks):.4f}, gradient'
      f' {200 * optax.global_norm(active):.4f}, loss {losses[0]:.3f} ->'
      f' {losses[-1]:.3f}, accuracy {jnp.mean(logits.argmax(-1) == labels):.3f}'
    )


if __name__ == '__main__':
  main()
