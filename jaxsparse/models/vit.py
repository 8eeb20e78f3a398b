"""Vision Transformer, in its simple form.

Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words", as simplified by
Beyer et al. 2022, "Better plain ViT baselines for ImageNet-1k": fixed sine and
cosine positions and the mean over patches, so that but for kernels, biases and
the scales of LayerNorm there are no params. The default is their ViT-S/16.

    # CIFAR
    vit(patch_size=4, depth=6, embed_dim=192, num_heads=3, mlp_dim=768)

Queries, keys, values and outputs are dense layers with kernels [in, out], the
heads side by side in the columns, so that fans, Erdos-Renyi densities and
structures read them as any other matrix.

**Deviations** from Beyer et al.: the classifier starts as N(0, 0.01^2) and not
at 0, where the gradient of all other layers is 0 and growth by gradient would
see ties; biases start at 0.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from jaxsparse.models import _layers, _nets
from jaxsparse.models._layers import Initialiser
from jaxsparse.models._nets import Layers

# The longest wavelength of the positions, in patches over 2 pi.
_LONGEST = 10_000.0


class Attention(nn.Module):
  """Multi-head self-attention: `query`, `key`, `value` and `out`."""

  num_heads: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    """Applies self-attention to [n, patches, embed_dim]; keeps the shape."""
    embed_dim = x.shape[-1]
    heads = (*x.shape[:-1], self.num_heads, embed_dim // self.num_heads)
    query, key, value = (
      self.layers.dense(embed_dim, name=name)(x).reshape(heads)
      for name in ('query', 'key', 'value')
    )
    y = nn.dot_product_attention(query, key, value).reshape(x.shape)
    return self.layers.dense(embed_dim, name='out')(y)


class EncoderBlock(nn.Module):
  """`attention`, then `dense_1` and `dense_2`; each after LayerNorm, added."""

  num_heads: int
  mlp_dim: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    """Applies the block to [n, patches, embed_dim]; keeps the shape."""
    y = nn.LayerNorm(dtype=self.layers.dtype, name='norm_1')(x)
    x = x + Attention(self.num_heads, self.layers, name='attention')(y)
    y = nn.LayerNorm(dtype=self.layers.dtype, name='norm_2')(x)
    y = nn.gelu(self.layers.dense(self.mlp_dim, name='dense_1')(y))
    return x + self.layers.dense(x.shape[-1], name='dense_2')(y)


class ViT(nn.Module):
  """Patches, encoder blocks, a classifier; built by `vit`.

  Layers are `embedding` (kernel [patch_size, patch_size, c, embed_dim]),
  `encoder1`, `encoder2`, ... and `logits`; by name as in forward order, but
  within the attention. A last LayerNorm, `norm`, stands before the classifier.
  """

  patch_size: int
  depth: int
  embed_dim: int
  num_heads: int
  mlp_dim: int
  num_classes: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of images [n, h, w, c].

    h and w are multiples of the patch size.
    """
    del train
    size = self.patch_size
    _layers.check_images(x, size, f'vit of patch_size {size}')
    if x.shape[1] % size or x.shape[2] % size:
      raise ValueError(
        f'vit takes images whose h and w are multiples of patch_size {size},'
        f' not of shape {x.shape}'
      )
    x = nn.Conv(
      self.embed_dim,
      (size, size),
      strides=size,
      padding='VALID',
      dtype=self.layers.dtype,
      name='embedding',
    )(x)
    x = x + jnp.asarray(positions(*x.shape[1:]), x.dtype)[None]
    x = x.reshape(x.shape[0], -1, self.embed_dim)
    for i in range(1, self.depth + 1):
      x = EncoderBlock(
        self.num_heads, self.mlp_dim, self.layers, name=f'encoder{i}'
      )(x)
    x = nn.LayerNorm(dtype=self.layers.dtype, name='norm')(x)
    return _nets.logits(x, self.num_classes)


def positions(h: int, w: int, embed_dim: int) -> np.ndarray:
  """Returns sines and cosines of the column, then of the row, of each patch.

  Args:
    h: rows of patches.
    w: columns of patches.
    embed_dim: a multiple of 4.

  Returns:
    float32 [h, w, embed_dim], quarters sin(c f), cos(c f), sin(r f) and
    cos(r f), with frequencies f from 1 down to 1e-4 in equal ratios.
  """
  frequency = _LONGEST ** -np.linspace(0, 1, embed_dim // 4)
  row, column = np.mgrid[:h, :w][..., None] * frequency
  waves = [np.sin(column), np.cos(column), np.sin(row), np.cos(row)]
  return np.concatenate(waves, axis=-1).astype(np.float32)


def vit(
  *,
  patch_size: int = 16,
  depth: int = 12,
  embed_dim: int = 384,
  num_heads: int = 6,
  mlp_dim: int = 1536,
  num_classes: int = 1000,
  kernel_init: str | Initialiser = 'glorot_uniform',
  dtype: str = 'float32',
) -> ViT:
  """Builds a Vision Transformer; ViT-S/16 by default.

  Args:
    patch_size: side of a patch, in pixels.
    depth: encoder blocks.
    embed_dim: of a patch: a multiple of 4 and of `num_heads`.
    num_heads: of attention.
    mlp_dim: hidden units of a block's two dense layers.
    num_classes: logits, >= 1.
    kernel_init: of the encoder's dense layers: a name (`glorot_uniform`,
      ...) or an initialiser `(key, shape, dtype) -> kernel`. The embedding's
      is `lecun_normal`, the classifier's N(0, 0.01^2).
    dtype: of the computation, `float32` or `bfloat16`; params are float32.

  Returns:
    A linen module: `apply({'params': params}, x, train=False)` takes
    [n, h, w, c] and returns float32 [n, num_classes].

  Raises:
    ValueError: a hyperparameter is not valid; when called, images whose
      sides are no multiples of the patch size, or not of four axes.
  """
  sizes = {
    'patch_size': patch_size,
    'depth': depth,
    'embed_dim': embed_dim,
    'num_heads': num_heads,
    'mlp_dim': mlp_dim,
    'num_classes': num_classes,
  }
  for name, value in sizes.items():
    _layers.positive(name, (value,))
  if depth > _layers.MOST_LAYERS:
    raise ValueError(
      f'depth {depth}: accepted are 1 to {_layers.MOST_LAYERS} blocks'
    )
  if embed_dim % 4 or embed_dim % num_heads:
    raise ValueError(
      f'embed_dim {embed_dim}: accepted are multiples of 4 and of num_heads'
      f' {num_heads}'
    )
  return ViT(
    patch_size=patch_size,
    depth=depth,
    embed_dim=embed_dim,
    num_heads=num_heads,
    mlp_dim=mlp_dim,
    num_classes=num_classes,
    layers=_nets.layers(kernel_init, dtype),
  )
