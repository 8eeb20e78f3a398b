"""The default selection and axes of one net in linen, nnx and Equinox."""

import collections

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from jaxsparse.core import fans, paths
from jaxsparse.core.distributions.erk import erk

KEY = jax.random.key(0)
VOCABULARY, DIM, HIDDEN, CLASSES = 50, 8, 12, 5

# By field: weights of its kernels, and how many inputs each of them has.
KERNELS = {
  'attention': (4 * DIM * DIM, {DIM}),
  'up': (DIM * HIDDEN, {DIM}),
  'down': (HIDDEN * DIM, {HIDDEN}),
  'conv': (3 * DIM * DIM, {DIM}),
  'cell': (3 * 2 * DIM * DIM, {DIM}),
  'head': (DIM * CLASSES, {DIM}),
}


class Linen(nn.Module):
  @nn.compact
  def __call__(self, tokens):
    x = nn.Embed(VOCABULARY, DIM, name='table')(tokens)
    x = nn.LayerNorm(
      reduction_axes=(-2, -1), feature_axes=(-2, -1), name='gains'
    )(x)
    x = nn.MultiHeadDotProductAttention(2, name='attention')(x)
    x = nn.Dense(DIM, name='down')(nn.Dense(HIDDEN, name='up')(x))
    x = nn.BatchNorm(True, name='batch')(nn.Conv(DIM, (3,), name='conv')(x))
    x = nn.RNN(nn.GRUCell(DIM, name='cell'))(x)
    return nn.Dense(CLASSES, name='head')(x)


class Nnx(nnx.Module):
  def __init__(self):
    rngs = nnx.Rngs(0)
    self.table = nnx.Embed(VOCABULARY, DIM, rngs=rngs)
    self.gains = nnx.LayerNorm(DIM, rngs=rngs)
    self.attention = nnx.MultiHeadAttention(2, DIM, decode=False, rngs=rngs)
    self.up = nnx.Linear(DIM, HIDDEN, rngs=rngs)
    self.down = nnx.Linear(HIDDEN, DIM, rngs=rngs)
    self.conv = nnx.Conv(DIM, DIM, (3,), rngs=rngs)
    self.batch = nnx.BatchNorm(DIM, rngs=rngs)
    self.cell = nnx.GRUCell(DIM, DIM, rngs=rngs)
    self.head = nnx.Linear(DIM, CLASSES, rngs=rngs)
    self.drop = nnx.Dropout(0.5, rngs=nnx.Rngs(1))


class Equinox(eqx.Module):
  table: eqx.nn.Embedding
  gains: eqx.nn.LayerNorm
  attention: eqx.nn.MultiheadAttention
  up: eqx.nn.Linear
  down: eqx.nn.Linear
  conv: eqx.nn.Conv1d
  cell: eqx.nn.GRUCell
  head: eqx.nn.Linear

  def __init__(self):
    self.table = eqx.nn.Embedding(VOCABULARY, DIM, key=KEY)
    self.gains = eqx.nn.LayerNorm((7, DIM))
    self.attention = eqx.nn.MultiheadAttention(2, DIM, key=KEY)
    self.up = eqx.nn.Linear(DIM, HIDDEN, key=KEY)
    self.down = eqx.nn.Linear(HIDDEN, DIM, key=KEY)
    self.conv = eqx.nn.Conv1d(DIM, DIM, 3, key=KEY)
    self.cell = eqx.nn.GRUCell(DIM, DIM, key=KEY)
    self.head = eqx.nn.Linear(DIM, CLASSES, key=KEY)


def _linen():
  return jax.eval_shape(Linen().init, KEY, jnp.zeros((1, 7), int))['params']


def _equinox():
  return eqx.filter(
    eqx.filter_eval_shape(Equinox), lambda leaf: hasattr(leaf, 'dtype')
  )


NETS = {
  'linen': _linen,
  'nnx': lambda: nnx.state(nnx.eval_shape(Nnx)),
  'equinox': _equinox,
}


@pytest.mark.parametrize('library', NETS)
def test_one_net_has_the_same_kernels_in_every_library(library):
  params = NETS[library]()
  counts = paths.flatten(erk(params, 0.5))
  weights, inputs = collections.Counter(), collections.defaultdict(set)
  for path, leaf in paths.flatten(params).items():
    field = path.split('/')[0]
    if path in counts:
      axes = fans.find(fans.by_name, path, leaf.shape)
      weights[field] += leaf.size
      inputs[field].add(fans.units(leaf.shape, axes)[0])
  assert {f: (weights[f], inputs[f]) for f in weights} == KERNELS


@pytest.mark.parametrize(
  ('path', 'shape', 'taken'),
  [
    ('cell/weight_hh', (24, 8), True),
    ('cell/weight_ih', (24, 8), True),
    ('layers/0/norm1/weight', (4, 8), False),
    ('norms/0/weight', (4, 8), False),
    ('LayerNorm/weight', (4, 8), False),
    ('normal/weight', (4, 8), True),
    ('norm/layer/weight', (4, 8), True),
    ('norm/kernel', (4, 8), True),
    ('embed_tokens/weight', (50, 8), False),
    ('patch_embed/weight', (8, 3, 4, 4), True),
    ('patch_embed/kernel', (48, 8), True),
    ('weight', (8, 4), True),
  ],
)
def test_a_name_tells_gains_and_tables_from_kernels(path, shape, taken):
  assert paths.kernels(path, shape) is taken


class _OwnLinear(eqx.nn.Linear):
  pass


class _OwnNorm(eqx.Module):
  weight: jax.Array


def test_a_class_of_equinox_says_more_than_a_name():
  tree = {
    'table': eqx.nn.Embedding(6, 3, key=KEY),
    'gain': eqx.nn.RMSNorm((4, 3)),
    'position_embed': _OwnLinear(3, 4, key=KEY),
    'post_norm': eqx.nn.SpectralNorm(
      eqx.nn.Linear(3, 4, key=KEY), 'weight', key=KEY
    ),
    'own_norm': _OwnNorm(jnp.ones((4, 3))),
    'own': _OwnNorm(jnp.ones((4, 3))),
  }
  params = eqx.filter(tree, eqx.is_inexact_array)
  is_kernel = paths.kernels_of(params)
  leaves = paths.flatten(params).items()
  taken = {path for path, leaf in leaves if is_kernel(path, leaf.shape)}
  assert taken == {
    'position_embed/weight',
    'post_norm/layer/weight',
    'own/weight',
  }
  for layer, taken in ((tree['table'], False), (tree['position_embed'], True)):
    assert paths.kernels_of(layer)('weight', layer.weight.shape) is taken


def test_a_rule_of_ones_own_selects_what_the_default_leaves_out():
  table = eqx.nn.Embedding(6, 3, key=KEY)
  counts = erk({'table': table}, 0.5, select=lambda path, _: 'table' in path)
  assert paths.flatten(counts) == {'table/weight': 9}
