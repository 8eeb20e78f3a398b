"""A small Transformer of Flax nnx under RigL, in an ordinary nnx loop.

    python -m configs.recipes.nnx_transformer

Two lines differ from dense training: `tx`, and the one that cuts the first
params to their masks. Embedding and norms stay dense by themselves. The step
compiles once; flax.serialization saves the model and its optimiser, masks among
them, and what resumes from there ends with the same bits.
"""

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

import jaxsparse as js

VOCABULARY, LENGTH, WIDTH = 17, 12, 32


class Transformer(nnx.Module):
  """One block over the tokens [n, length], and logits of the next ones."""

  def __init__(self, rngs: nnx.Rngs):
    self.embed = nnx.Embed(VOCABULARY, WIDTH, rngs=rngs)
    self.norm_1 = nnx.LayerNorm(WIDTH, rngs=rngs)
    self.attention = nnx.MultiHeadAttention(4, WIDTH, decode=False, rngs=rngs)
    self.norm_2 = nnx.LayerNorm(WIDTH, rngs=rngs)
    self.up = nnx.Linear(WIDTH, 4 * WIDTH, rngs=rngs)
    self.down = nnx.Linear(4 * WIDTH, WIDTH, rngs=rngs)
    self.head = nnx.Linear(WIDTH, VOCABULARY, rngs=rngs)

  def __call__(self, tokens):
    x = self.embed(tokens)
    x += self.attention(self.norm_1(x), mask=nnx.make_causal_mask(tokens))
    x += self.down(nnx.relu(self.up(self.norm_2(x))))
    return self.head(x)


@nnx.jit
def train_step(model, optimizer, tokens):
  def loss(model):
    logits = model(tokens[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(
      logits, tokens[:, 1:]
    ).mean()

  value, grads = nnx.value_and_grad(loss)(model)
  optimizer.update(model, grads)
  return value


def main() -> None:
  """Runs the recipe and prints what came out."""
  starts = jnp.arange(VOCABULARY)
  tokens = (starts[:, None] + 3 * jnp.arange(LENGTH)[None]) % VOCABULARY
  model = Transformer(nnx.Rngs(0))
  params = nnx.state(model, nnx.Param)
  updater = js.rigl(js.erk(params, 0.8), update_interval=5, stop_step=20)
  tx = js.sparsify(optax.adamw(3e-3), updater, key=jax.random.key(1))
  optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
  nnx.update(model, js.sparsify_params(params, optimizer.opt_state))

  net, losses = (model, optimizer), []
  for step in range(30):
    if step == 12:
      saved = flax.serialization.to_bytes(nnx.to_pure_dict(nnx.state(net)))
    losses.append(train_step(*net, tokens))

  resumed = nnx.clone(net)
  like = nnx.to_pure_dict(nnx.state(resumed))
  arrays = flax.serialization.from_bytes(like, saved)
  nnx.update(resumed, jax.tree.map(jnp.asarray, arrays))
  for _ in range(18):
    train_step(*resumed, tokens)

  print(f'loss {losses[0]:.2f} -> {losses[-1]:.2f}')
  print(js.summary(optimizer.opt_state))
  print('programs of the step:', train_step.jitted_fn._cache_size())
  same = jax.tree.map(np.array_equal, nnx.state(net), nnx.state(resumed))
  print('resumed to the same bits:', jax.tree.all(same))


if __name__ == '__main__':
  main()
