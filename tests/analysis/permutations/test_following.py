"""Groups of units, against those listed by hand and against logits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import permutations
from jaxsparse.core import paths
from jaxsparse.models.gru_lm import gru_lm
from jaxsparse.models.vit import vit


def groups_of(net):
  return permutations.unit_groups(
    net.logits, net.params, net.state, net.inputs[:1]
  )


def axes_of(groups):
  """Returns the axes that each group is in, as sets, by size."""
  return [(group.size, set(group.axes)) for group in groups]


def test_a_permuted_net_computes_the_same(net):
  groups = groups_of(net)
  moves = permutations.random_permutations(groups, key=jax.random.key(1))
  params, state = (
    permutations.permute(groups, moves, tree) for tree in net[1:3]
  )
  before = net.logits(net.params, net.state, net.inputs)
  after = net.logits(params, state, net.inputs)
  scale = float(jnp.abs(before).max())
  np.testing.assert_allclose(after, before, atol=1e-5 * scale)
  same = [
    path
    for path, leaf in paths.flatten(params).items()
    if np.array_equal(leaf, paths.flatten(net.params)[path])
  ]
  assert all(path.split('/')[-1] == 'bias' for path in same)
  assert len(same) == 1  # Of the classifier.


def test_groups_of_an_mlp(draw):
  groups = groups_of(draw('mlp'))
  assert axes_of(groups) == [
    (20, {('Dense_0/bias', 0), ('Dense_0/kernel', 1), ('Dense_1/kernel', 0)}),
    (12, {('Dense_1/bias', 0), ('Dense_1/kernel', 1), ('Dense_2/kernel', 0)}),
  ]


def test_a_flattened_image_has_a_position_of_each_channel_at_each_place(draw):
  groups = groups_of(draw('lenet5'))
  (group,) = (g for g in groups if ('Conv_1/kernel', 3) in g.axes)
  # 32 pixels leave 28, 14, 10 and 5, of 4 channels.
  expected = np.arange(5 * 5 * 4).reshape(25, 4).T
  np.testing.assert_array_equal(group.axes['Dense_0/kernel', 0], expected)
  assert set(group.axes) == {
    ('Conv_1/kernel', 3),
    ('Conv_1/bias', 0),
    ('Dense_0/kernel', 0),
  }


@pytest.mark.parametrize(
  ('name', 'expected'),
  [
    # Of a stage each: the stream, and the units between its convolutions.
    ('resnet', [8, 8, 16, 16, 32, 32]),
    # The channels of a stage go on into the next, and some are added to them.
    ('resnet_pad', [8, 8, 8, 16, 16, 32]),
    # Every convolution has its own, and so has the stem.
    ('resnet_none', [8, 8, 8, 16, 16, 32, 32]),
  ],
)
def test_channels_of_a_residual_stream_are_one_group(draw, name, expected):
  groups = groups_of(draw(name))
  assert sorted(group.size for group in groups) == expected


def test_the_stream_of_a_stage_with_a_projection(draw):
  groups = groups_of(draw('resnet'))
  (stream,) = (g for g in groups if ('conv/kernel', 3) in g.axes)
  norms = [
    f'{n}/{leaf}'
    for n in ('norm', 'group1_block1/norm_2')
    for leaf in ('scale', 'bias')
  ]
  stats = [
    f'batch_stats/{n}/{leaf}'
    for n in ('norm', 'group1_block1/norm_2')
    for leaf in ('mean', 'var')
  ]
  assert set(stream.axes) == {
    ('conv/kernel', 3),
    ('group1_block1/conv_1/kernel', 2),
    ('group1_block1/conv_2/kernel', 3),
    ('group2_block1/conv_1/kernel', 2),
    ('group2_block1/shortcut/kernel', 2),
    *((path, 0) for path in norms + stats),
  }


def test_nets_of_other_libraries(key):
  """A weight [out, in] on the left, a scalar, a constant, an unused bias."""

  def logits(params, state, x):
    hidden = jnp.tanh(params['a']['weight'] @ x + params['a']['bias'])
    return params['b']['weight'] @ hidden * state['scale']

  params = {
    'a': {'weight': jnp.ones((4, 3)), 'bias': jnp.ones(4)},
    'b': {'weight': jnp.ones((2, 4))},
  }
  state = {'scale': jnp.ones(())}
  (group,) = permutations.unit_groups(logits, params, state, jnp.ones(3))
  assert axes_of([group]) == [
    (4, {('a/weight', 0), ('a/bias', 0), ('b/weight', 1)})
  ]

  def added(params, state, x):
    hidden = params['a']['weight'] @ x + jnp.arange(4.0)
    return params['b']['weight'] @ hidden

  with pytest.raises(ValueError, match='no hidden units'):
    permutations.unit_groups(added, params, state, jnp.ones(3))


@pytest.mark.parametrize(
  ('module', 'inputs', 'words'),
  [
    (
      vit(patch_size=4, depth=1, embed_dim=8, num_heads=1, mlp_dim=8),
      jnp.ones((1, 8, 8, 1)),
      'not of activations with a kernel',
    ),
    (gru_lm(num_classes=256), jnp.ones((1, 4), jnp.int32), 'embedding'),
  ],
)
def test_nets_that_cannot_be_followed_are_refused(module, inputs, words):
  shapes = jax.eval_shape(lambda x: module.init(jax.random.key(0), x), inputs)

  def logits(params, state, x):
    return module.apply({'params': params, **state}, x, train=False)

  with pytest.raises(ValueError, match=f'{words}.*accepted are nets of'):
    permutations.unit_groups(logits, shapes['params'], {}, inputs)


@pytest.mark.parametrize(
  ('function', 'words'),
  [
    (lambda hidden, _: hidden - hidden.mean(), "'reduce_sum' over different"),
    (lambda hidden, _: jnp.sort(hidden), "the operation 'sort'"),
    (lambda hidden, _: hidden @ hidden, 'not of activations with a kernel'),
    (lambda hidden, kernel: kernel * hidden[None], 'a kernel with activations'),
    (
      lambda hidden, kernel: hidden[:2] @ kernel.reshape(2, 8),
      'a kernel whose entries have been moved',
    ),
  ],
)
def test_operations_that_mix_units_are_refused(function, words):
  def logits(params, state, x):
    return function(x @ params['a']['kernel'], params['b']['kernel'])

  params = {name: {'kernel': jnp.ones((4, 4))} for name in 'ab'}
  with pytest.raises(ValueError, match=words):
    permutations.unit_groups(logits, params, {}, jnp.ones(4))
