"""Fans of dense, convolutional, grouped and attention kernels."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.core import fans, paths


def brute(mask, axes):
  """The input and output unit of every weight, one by one."""
  inputs, outputs = np.empty(mask.shape, object), np.empty(mask.shape, object)
  for at in itertools.product(*map(range, mask.shape)):
    out = tuple(at[a] for a in axes.out_axes)
    per_group = mask.shape[axes.out_axes[0]] // axes.groups
    group = out[0] // per_group if axes.groups > 1 else 0
    inputs[at] = (group, *(at[a] for a in axes.in_axes))
    outputs[at] = out
  return inputs, outputs


def counted(mask, units):
  """The active weights of the unit of each weight."""
  totals = {}
  for unit, active in zip(units.flat, mask.flat, strict=True):
    totals[unit] = totals.get(unit, 0) + int(active)
  found = [totals[unit] for unit in units.flat]
  return np.reshape(found, mask.shape), len(totals)


CASES = [
  ((5, 4), fans.Axes((0,), (1,))),
  ((4, 5), fans.Axes((1,), (0,))),
  ((2, 3, 4, 6), fans.Axes((2,), (3,))),
  ((6, 4, 2, 3), fans.Axes((1,), (0,))),
  ((2, 3, 2, 6), fans.Axes((2,), (3,), groups=3)),
  ((6, 2, 3, 2), fans.Axes((1,), (0,), groups=2)),
  ((3, 3, 1, 8), fans.Axes((2,), (3,), groups=4)),
  ((5, 2, 3), fans.Axes((0,), (1, 2))),
  ((2, 3, 5), fans.Axes((0, 1), (2,))),
  ((4, 3, 5), fans.Axes((0, 1), (0, 2))),
]


@given(st.sampled_from(CASES), st.integers(0, 2**31), st.floats(0, 1))
def test_fans_are_what_counting_one_by_one_gives(case, seed, density):
  shape, axes = case
  mask = np.random.default_rng(seed).random(shape) < density
  inputs, outputs = brute(mask, axes)
  fan_in, n_out = counted(mask, outputs)
  fan_out, n_in = counted(mask, inputs)
  found = fans.find(lambda *_: axes, 'kernel', shape)
  for count, expected in (
    (fans.fan_in(jnp.asarray(mask), found), fan_in),
    (fans.fan_out(jnp.asarray(mask), found), fan_out),
  ):
    assert count.dtype == jnp.float32
    np.testing.assert_array_equal(np.broadcast_to(count, shape), expected)
  assert fans.units(shape, found) == (n_in, n_out)


def axes_by_path(rule, params):
  shapes = {p: leaf.shape for p, leaf in paths.flatten(params).items()}
  return {p: rule(p, s) for p, s in shapes.items() if paths.kernels(p, s)}


def test_the_rule_of_flax_fits_its_layers():
  class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
      x = nn.Conv(8, (3,))(x)
      x = nn.MultiHeadDotProductAttention(num_heads=2)(x)
      return nn.Dense(3, name='out')(x)

  params = jax.eval_shape(
    Net().init, jax.random.key(0), jnp.ones((2, 5, 4), jnp.float32)
  )['params']
  attention = 'MultiHeadDotProductAttention_0'
  assert axes_by_path(fans.flax, params) == {
    'Conv_0/kernel': ((-2,), (-1,), 1),
    f'{attention}/query/kernel': ((0,), (1, 2), 1),
    f'{attention}/key/kernel': ((0,), (1, 2), 1),
    f'{attention}/value/kernel': ((0,), (1, 2), 1),
    f'{attention}/out/kernel': ((0, 1), (2,), 1),
    'out/kernel': ((-2,), (-1,), 1),
  }


@pytest.mark.parametrize('name', ['query', 'key', 'value', 'out'])
def test_a_convolution_called_as_in_attention_needs_a_rule_of_its_own(name):
  """The rule sees its path and shape alone, which attention has too."""
  conv = nn.Conv(7, (3,), name=name)
  shape = jax.eval_shape(
    conv.init, jax.random.key(0), jnp.ones((2, 9, 5), jnp.float32)
  )['params']['kernel'].shape
  path = f'encoder/{name}/kernel'

  def axes(path, shape):
    if path == f'encoder/{name}/kernel':
      return fans.Axes((-2,), (-1,))
    return fans.flax(path, shape)

  found = [fans.find(rule, path, shape) for rule in (fans.flax, axes)]
  read = (15, 7) if name == 'out' else (3, 35)
  assert [fans.units(shape, one) for one in found] == [read, (5, 7)]
  entering = fans.fan_in(jnp.ones(shape, bool), found[1])
  np.testing.assert_array_equal(np.ravel(entering), [15] * 7)
  assert axes('query/kernel', (8, 2, 4)) == fans.Axes((0,), (1, 2))


def test_a_group_reads_the_inputs_that_the_convolution_gives_it():
  """By gradients: output o depends on input i where a weight joins the two."""
  shape, groups = (1, 2, 6), 3
  mask = np.random.default_rng(0).random(shape) < 0.5
  conv = nn.Conv(6, (1,), feature_group_count=groups, use_bias=False)
  params = {'params': {'kernel': jnp.asarray(mask, jnp.float32)}}
  joined = jax.jacobian(lambda x: conv.apply(params, x[None, None])[0, 0])(
    jnp.zeros(2 * groups)
  )
  axes = fans.find(
    lambda p, s: fans.flax(p, s)._replace(groups=groups), 'kernel', shape
  )
  leaving = np.asarray(fans.fan_out(jnp.asarray(mask), axes))[0, :, ::2]
  np.testing.assert_array_equal(leaving.T.ravel(), joined.sum(0))
  entering = np.ravel(fans.fan_in(jnp.asarray(mask), axes))
  np.testing.assert_array_equal(entering, joined.sum(1))


@pytest.mark.parametrize(
  ('path', 'shape', 'units'),
  [
    ('block/depthwise/kernel', (3, 3, 1, 8), (8, 8)),
    ('depthwise_2/kernel', (5, 1, 6), (6, 6)),
    ('block/conv/kernel', (3, 3, 1, 8), (1, 8)),
    ('depthwise_block/conv/kernel', (3, 3, 1, 8), (1, 8)),
    ('block/depthwise/kernel', (3, 3, 2, 8), (2, 8)),
  ],
)
def test_depthwise_layers_of_flax_are_told_by_name(path, shape, units):
  axes = fans.find(fans.flax, path, shape)
  assert fans.units(shape, axes) == units
  taps = int(np.prod(shape[:-2]))
  leaving = fans.fan_out(jnp.ones(shape, bool), axes)
  assert np.all(np.asarray(leaving) == taps * units[1] // axes.groups)


def test_the_rule_of_equinox_fits_its_layers(key):
  """So does the default, by the names of their weights."""
  cell = eqx.nn.GRUCell(3, 5, key=key)
  layers = {
    'conv': (eqx.nn.Conv2d(3, 5, 2, key=key).weight, 3, 5),
    'conv_transposed': (eqx.nn.ConvTranspose1d(3, 5, 2, key=key).weight, 3, 5),
    'depthwise': (eqx.nn.Conv2d(4, 8, 3, groups=4, key=key).weight, 8, 8),
    'dense': (eqx.nn.Linear(3, 5, key=key).weight, 3, 5),
    'cell/weight_ih': (cell.weight_ih, 3, 15),
    'cell/weight_hh': (cell.weight_hh, 5, 15),
  }
  for name, (weight, *units) in layers.items():
    path = name if '/' in name else f'{name}/weight'
    for rule in (fans.equinox, fans.by_name):
      axes = fans.find(rule, path, weight.shape)
      assert list(fans.units(weight.shape, axes)) == units


@pytest.mark.parametrize(
  ('path', 'shape', 'fan_in'),
  [
    ('qkv/kernel', (256, 3, 4, 16), 256),
    ('attention/to_qkv/kernel', (256, 4, 48), 256),
    ('kv/kernel', (256, 2, 4, 16), 256),
    ('qkv/kernel', (1, 1, 64, 192), 64),
    ('qkv_conv/kernel', (3, 3, 64, 192), 576),
    ('query/kernel', (64, 4, 16), 64),
    ('stem/kernel', (7, 7, 3, 64), 147),
    ('patches/kernel', (56, 56, 3, 64), 9408),
    ('block/a/kernel', (1, 7, 8, 16), 56),
    ('volume/kernel', (1, 3, 3, 8, 16), 72),
    ('conv_in/kernel', (80, 1, 64), 80),
    ('Conv_0/kernel', (41, 11, 1, 32), 451),
  ],
)
def test_the_name_or_the_window_tells_kernels_of_more_axes(path, shape, fan_in):
  axes = fans.find(fans.flax, path, shape)
  assert fans.by_name(path, shape) == fans.flax(path, shape)
  entering = fans.fan_in(jnp.ones(shape, bool), axes)
  np.testing.assert_array_equal(np.unique(entering), [fan_in])


@pytest.mark.parametrize(
  ('path', 'shape'),
  [
    ('mix/kernel', (256, 4, 16)),
    ('mix/kernel', (8, 3, 2, 4)),
    ('mix/kernel', (256, 1, 4, 16)),
    ('DenseGeneral_0/kernel', (8, 2, 4)),
    ('linear/kernel', (8, 2, 4)),
    ('Einsum_0/kernel', (6, 3, 4)),
    ('ScanBlock_0/Dense_0/kernel', (3, 6, 8)),
    ('ScanBlock_0/query/kernel', (3, 8, 2, 4)),
    ('ConvLocal_0/kernel', (8, 8, 54, 4)),
  ],
)
def test_what_neither_tells_is_refused_with_what_settles_it(path, shape):
  with pytest.raises(ValueError, match=f'{path}.*axes=.*core.fans.flax'):
    fans.find(fans.by_name, path, shape)


@pytest.mark.parametrize(
  ('axes', 'message'),
  [
    (fans.Axes((2,), (1,)), r"'a/kernel' of shape \(4, 6\).*-2 .. 1"),
    (fans.Axes((), (1,)), 'one or more axes'),
    (fans.Axes((0,), (1, -1)), 'names an axis twice'),
    (fans.Axes((0,), (1,), groups=4), 'groups must divide 6'),
    (fans.Axes((0,), (1,), groups=0), 'groups must divide 6'),
    (fans.Axes((0, 1), (1,), groups=2), 'one output axis that is no input'),
  ],
)
def test_axes_that_do_not_fit_are_refused_with_the_leaf(axes, message):
  with pytest.raises(ValueError, match=message):
    fans.find(lambda *_: axes, 'a/kernel', (4, 6))


@pytest.mark.parametrize(
  ('path', 'shape'),
  [
    # Layers that are stacked, as eqx.filter_vmap and nn.scan stack them.
    ('blocks/wi/weight', (12, 1024, 256)),
    ('blocks/wi/weight', (12, 24, 8)),
    ('blocks/wi/kernel', (12, 256, 1024)),
    ('dense/0/kernel', (8, 2, 4)),
    ('mix/0/weight', (8, 4, 5, 3)),
  ],
)
def test_what_may_be_stacked_is_refused(path, shape):
  with pytest.raises(ValueError, match='pass axes='):
    fans.find(fans.by_name, path, shape)


@pytest.mark.parametrize(
  ('path', 'shape', 'axes'),
  [
    ('depthwise/0/weight', (6, 1, 3, 3), fans.Axes((1,), (0,), 6)),
    ('depthwise_conv/0/kernel', (3, 3, 1, 6), fans.Axes((2,), (3,), 6)),
    ('query/0/kernel', (8, 2, 4), fans.Axes((0,), (1, 2))),
    ('qkv/0/kernel', (8, 3, 2, 4), fans.Axes((0,), (1, 2, 3))),
    ('convs/0/kernel', (3, 5, 4, 8), fans.Axes((2,), (3,))),
    ('convs/1/weight', (8, 4, 3), fans.Axes((1,), (0,))),
    ('layers/3/weight', (8, 4, 3, 3), fans.Axes((1,), (0,))),
  ],
)
def test_an_index_is_no_name_of_a_layer(path, shape, axes):
  assert fans.find(fans.by_name, path, shape) == axes
