"""A Transformer whose embedding, head and norms stay dense.

    python -m configs.recipes.dense_layers

Embeddings, norms and biases are no kernels, so they are dense anyway. The head
is one: `select` leaves it out of the distribution, and the others have the
sparsity between them; or `custom` gives single layers a sparsity of their own.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn

import jaxsparse as js
from jaxsparse.core import paths


class Transformer(nn.Module):
  """One block over the tokens [n, length], and logits of the next ones."""

  @nn.compact
  def __call__(self, tokens):
    x = nn.Embed(64, 32, name='embed')(tokens)
    mask = nn.make_causal_mask(tokens)
    normed = nn.LayerNorm(name='norm_1')(x)
    attention = nn.MultiHeadDotProductAttention(num_heads=4, name='attention')
    x += attention(normed, mask=mask)
    up = nn.Dense(128, name='up')(nn.LayerNorm(name='norm_2')(x))
    x += nn.Dense(32, name='down')(nn.gelu(up))
    return nn.Dense(64, name='head')(nn.LayerNorm(name='norm_3')(x))


def main() -> None:
  """Runs the recipe and prints what came out."""
  tokens = jnp.zeros((1, 16), jnp.int32)
  params = jax.eval_shape(Transformer().init, jax.random.key(0), tokens)[
    'params'
  ]

  is_kernel = paths.kernels_of(params)

  def select(path, shape):
    return is_kernel(path, shape) and not path.startswith('head/')

  print('All kernels but the head, 90 % sparse together:')
  print(js.table(params, js.erk(params, 0.9, select=select)))

  custom = {'head/kernel': 0.0, 'attention/*': 0.5}
  print('\nThe head dense, attention 50 % sparse, the rest 90 %:')
  print(js.table(params, js.erk(params, 0.9, custom=custom)))


if __name__ == '__main__':
  main()
