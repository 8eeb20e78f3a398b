import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.models.wide_resnet import wide_resnet

TINY = {'depth': 10, 'width': 0.25, 'stem_channels': 3, 'num_classes': 3}


def test_passes(numpy_nets):
  relu = numpy_nets.relu

  def forward(net, x):
    x = net.conv(x, 'conv')
    for group in (1, 2):
      name, stride = f'group{group}_block1', group
      before = relu(net.norm(x, f'{name}/norm_1'))
      y = net.conv(before, f'{name}/conv_1', stride)
      y = net.conv(relu(net.norm(y, f'{name}/norm_2')), f'{name}/conv_2')
      x = net.conv(before, f'{name}/shortcut', stride) + y
    return net.logits(relu(net.norm(x, 'norm')))

  module = wide_resnet(**TINY).clone(channels=(4, 6))
  numpy_nets.check(module, (7, 4, 3), forward)


def test_blocks_that_keep_the_shape_have_no_shortcut(numpy_nets):
  params, _ = numpy_nets.abstract(wide_resnet(depth=16), (1, 8, 8, 3))
  assert {name for name in params if 'shortcut' in params[name]} == {
    f'group{group}_block1' for group in (1, 2, 3)
  }
  blocks = sorted(name for name in params if name.startswith('group'))
  assert blocks == [f'group{g}_block{b}' for g in (1, 2, 3) for b in (1, 2)]


def test_dropout_is_of_training_alone(numpy_nets, key):
  module = wide_resnet(**TINY, dropout=0.5).clone(channels=(4,))
  params, model_state = numpy_nets.random(
    numpy_nets.abstract(module, (1, 4, 4, 3))
  )
  variables = {'params': params, **model_state}
  x = jnp.asarray(np.random.default_rng(0).normal(size=(3, 4, 4, 3)))

  @jax.jit
  def training(variables, x, key):
    return module.apply(
      variables, x, train=True, mutable=['batch_stats'], rngs={'dropout': key}
    )[0]

  first, again, other = (
    training(variables, x, jax.random.key(seed)) for seed in (0, 0, 1)
  )
  np.testing.assert_array_equal(first, again)
  assert np.any(first != other)
  # Evaluation draws nothing, or it would ask for a key.
  jax.eval_shape(lambda v, x: module.apply(v, x, train=False), variables, x)


def test_channels():
  module = wide_resnet(depth=28, width=10)
  assert (module.blocks, module.stem_channels) == (4, 16)
  assert module.channels == (160, 320, 640)
  assert wide_resnet(width=0.632).channels == (10, 20, 40)


@pytest.mark.parametrize('shape', [(1, 3, 8, 3), (8, 8, 3)])
def test_images_that_do_not_fit(numpy_nets, shape):
  with pytest.raises(ValueError, match='h and w at least 4'):
    numpy_nets.abstract(wide_resnet(**TINY), shape)


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'depth': 20}, r'depth 20: accepted is 6n \+ 4'),
    ({'depth': 4}, 'depth 4'),
    ({'dropout': 1.0}, 'dropout 1.0'),
    ({'dropout': -0.1}, 'dropout -0.1'),
    ({'width': 0}, 'width 0'),
    ({'stem_channels': 0}, 'stem_channels'),
    ({'num_classes': 0}, 'num_classes'),
    ({'kernel_init': 'he'}, 'kernel_init'),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    wide_resnet(**changes)
