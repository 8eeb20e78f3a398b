"""Layers of Flax linen, Flax nnx and Equinox, counted by hand."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx

from jaxsparse.analysis import flops
from jaxsparse.core import paths


def abstract(*shape, dtype=jnp.float32):
  return jax.ShapeDtypeStruct(shape, dtype)


IMAGES = abstract(2, 9, 9, 6)


def linen(module, *inputs, **options):
  """Multiply-adds by path of a module's params, the zeros left out."""
  variables = jax.eval_shape(
    lambda *x: module.init(jax.random.key(0), *x, **options), *inputs
  )
  found = flops.macs(
    lambda v, *x: module.apply(v, *x, **options), variables, *inputs
  )
  by_path = paths.flatten(found.leaves['params'])
  return {p: n for p, n in by_path.items() if n}, found.rest


@pytest.mark.parametrize(
  ('layer', 'expected'),
  [
    (nn.Dense(5), 2 * 81 * 6 * 5),
    # 5 x 5 outputs of 3 x 3 x 6 weights each; groups of 2 channels.
    (nn.Conv(4, (3, 3), strides=2), 2 * 25 * 9 * 6 * 4),
    (nn.Conv(9, (3, 3), strides=2, feature_group_count=3), 2 * 25 * 9 * 2 * 9),
    (nn.Conv(6, (5, 5), feature_group_count=6), 2 * 81 * 25 * 6),
    (nn.Conv(4, (3, 3), kernel_dilation=3, padding='VALID'), 2 * 9 * 9 * 24),
    (nn.Conv(4, (3, 3), padding='CIRCULAR'), 2 * 81 * 9 * 6 * 4),
    (nn.ConvTranspose(4, (3, 3), strides=(2, 2)), 2 * 81 * 9 * 6 * 4),
    (nn.ConvTranspose(4, (2, 2), (2, 2), padding='VALID'), 2 * 81 * 4 * 24),
    (nn.ConvLocal(4, (3, 3), padding='VALID'), 2 * 49 * 9 * 6 * 4),
    (nn.DenseGeneral((3, 4), axis=(1, -1)), 2 * 9 * 9 * 6 * 12),
    (nn.WeightNorm(nn.Dense(5)), 2 * 81 * 6 * 5),
    (nn.remat(nn.Dense)(5), 2 * 81 * 6 * 5),
  ],
)
def test_layers_of_linen(layer, expected):
  leaves, rest = linen(layer, IMAGES)
  assert list(leaves.values()) == [expected]
  assert next(iter(leaves)).endswith('kernel')
  # Patches are cut out by a convolution with ones and zeros.
  assert not rest or isinstance(layer, nn.ConvLocal)


def test_a_norm_that_is_made_of_state_and_kernel_divides_the_kernel():
  layer = nn.SpectralNorm(nn.Dense(5), n_steps=1)
  leaves, rest = linen(layer, abstract(2, 6), update_stats=False)
  assert leaves == {'layer_instance/kernel': 2 * 6 * 5}
  # From one vector to the other and back, and their product by the kernel.
  assert rest == {'weight x weight': 30 + 30 + 30 + 5}


def test_attention_of_linen():
  layer = nn.MultiHeadDotProductAttention(num_heads=2, qkv_features=8)
  leaves, rest = linen(layer, abstract(3, 7, 6))
  kernels = {'query': 48, 'key': 48, 'value': 48, 'out': 48}
  assert leaves == {f'{k}/kernel': 3 * 7 * n for k, n in kernels.items()}
  assert rest == {'activation x activation': 3 * 2 * (7 * 7 * 8)}


def test_a_scan_of_linen_has_one_leaf_for_all_layers():
  class Block(nn.Module):
    @nn.compact
    def __call__(self, x, _):
      return nn.relu(
        nn.BatchNorm(use_running_average=True)(nn.Dense(6)(x))
      ), None

  scanned = nn.scan(
    nn.remat(Block),
    variable_axes={'params': 0, 'batch_stats': 0},
    split_rngs={'params': True},
    length=5,
  )
  leaves, rest = linen(scanned(), abstract(2, 6), None)
  assert leaves == {'Dense_0/kernel': 5 * 2 * 36}
  assert rest == {}


def test_a_recurrent_cell_of_linen_goes_round_once_a_step():
  leaves, rest = linen(nn.RNN(nn.GRUCell(4)), abstract(2, 11, 6))
  assert leaves == {
    **{f'cell/i{g}/kernel': 2 * 11 * 6 * 4 for g in 'nrz'},
    **{f'cell/h{g}/kernel': 2 * 11 * 4 * 4 for g in 'nrz'},
  }
  assert rest == {}


def test_models_of_nnx():
  class Net(nnx.Module):
    def __init__(self, rngs):
      self.conv = nnx.Conv(6, 8, (3, 3), strides=2, rngs=rngs)
      self.norm = nnx.BatchNorm(8, use_running_average=True, rngs=rngs)
      self.attention = nnx.MultiHeadAttention(
        num_heads=2, in_features=8, decode=False, rngs=rngs
      )
      self.up = nnx.ConvTranspose(8, 4, (3, 3), strides=2, rngs=rngs)
      self.logits = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
      x = nnx.relu(self.norm(self.conv(x)))
      x = self.attention(x.reshape(2, 25, 8)).reshape(2, 5, 5, 8)
      return self.logits(self.up(x).mean((1, 2)))

  graph, params = nnx.split(nnx.eval_shape(lambda: Net(nnx.Rngs(0))))
  found = flops.macs(lambda p, x: nnx.merge(graph, p)(x), params, IMAGES)
  assert isinstance(found.leaves, nnx.State)
  by_path = {p: n for p, n in paths.flatten(found.leaves).items() if n}
  assert by_path == {
    'conv/kernel': 2 * 25 * 9 * 6 * 8,
    **{f'attention/{k}/kernel': 2 * 25 * 64 for k in ('query', 'key', 'value')},
    'attention/out/kernel': 2 * 25 * 64,
    'up/kernel': 2 * 25 * 9 * 8 * 4,
    'logits/kernel': 2 * 4 * 3,
  }
  assert found.rest == {'activation x activation': 2 * 2 * (25 * 25 * 8)}


def test_models_of_equinox():
  class Net(eqx.Module):
    conv: eqx.nn.Conv2d
    up: eqx.nn.ConvTranspose2d
    cell: eqx.nn.GRUCell
    attention: eqx.nn.MultiheadAttention
    activate: Callable = jax.nn.relu

    def __init__(self, key):
      self.conv = eqx.nn.Conv2d(6, 8, 3, stride=2, padding=1, groups=2, key=key)
      self.up = eqx.nn.ConvTranspose2d(8, 4, 3, stride=2, key=key)
      self.cell = eqx.nn.GRUCell(4, 5, key=key)
      self.attention = eqx.nn.MultiheadAttention(1, 5, key=key)

    def __call__(self, x):
      x = self.up(self.activate(self.conv(jnp.moveaxis(x, -1, 0))))
      h = jnp.zeros((x.shape[1], 5))
      h, _ = jax.lax.scan(
        lambda h, column: (jax.vmap(self.cell)(column, h), None),
        h,
        x.transpose(2, 1, 0),
      )
      return self.attention(h, h, h)

  model = eqx.filter_eval_shape(Net, jax.random.key(0))
  params, static = eqx.partition(model, lambda x: hasattr(x, 'dtype'))

  def apply(params, x):
    return jax.vmap(eqx.combine(params, static))(x)

  found = flops.macs(apply, params, IMAGES)
  by_path = {p: n for p, n in paths.flatten(found.leaves).items() if n}
  assert by_path == {
    'conv/weight': 2 * 25 * 9 * 3 * 8,
    'up/weight': 2 * 25 * 9 * 8 * 4,
    # 11 columns of 11 positions, three gates.
    'cell/weight_ih': 2 * 11 * 11 * 3 * 4 * 5,
    'cell/weight_hh': 2 * 11 * 11 * 3 * 5 * 5,
    **{
      f'attention/{name}_proj/weight': 2 * 11 * 25
      for name in ('query', 'key', 'value', 'output')
    },
  }
  assert found.rest == {'activation x activation': 2 * 2 * (11 * 11 * 5)}
