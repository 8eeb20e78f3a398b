import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.models import _layers
from jaxsparse.models.vgg import VGG, vgg

TINY = {'depth': 11, 'width': 0.1, 'pools': 3, 'num_classes': 3}


@pytest.mark.parametrize(
  'options',
  [
    {'batch_norm': True, 'use_bias': True},
    {'batch_norm': False, 'use_bias': False},
    {'batch_norm': True, 'use_bias': True, 'affine': False},
  ],
  ids=str,
)
def test_passes(numpy_nets, options):
  def forward(net, x):
    for layer in ('1_1', '1_2', '2_1'):
      x = net.conv(x, f'conv{layer}')
      if options['batch_norm']:
        x = net.norm(x, f'norm{layer}')
      x = numpy_nets.relu(x)
      if layer == '1_2':
        x = x[:, :6, :4]  # A last odd row or column is not pooled.
        x = x.reshape(len(x), 3, 2, 2, 2, -1).max(axis=(2, 4))
    return net.logits(x)

  module = vgg(**TINY, **options).clone(convs=(2, 1), channels=(4, 5), pools=1)
  ran = numpy_nets.check(module, (6, 5, 3), forward)
  names = {path.split('/')[-1] for path in paths.flatten(ran.params)}
  biased = {'bias'} if options['use_bias'] else set()
  scaled = {'scale'} if options['batch_norm'] else set()
  scaled = scaled if options.get('affine', True) else set()
  assert names == {'kernel'} | biased | scaled


@pytest.mark.parametrize('batch_norm', [True, False])
def test_layers_have_a_bias_unless_batch_norm_follows(numpy_nets, batch_norm):
  module = vgg(**TINY, batch_norm=batch_norm, use_bias=True)
  params, _ = numpy_nets.abstract(module, (1, 8, 8, 3))
  for name, layer in params.items():
    assert ('bias' in layer) == (not batch_norm or name[:4] != 'conv'), name


def test_widths_are_rounded_down(numpy_nets):
  module = vgg(**TINY | {'width': 0.29})
  assert isinstance(module, VGG)
  assert module.channels == (18, 37, 74, 148, 148)
  assert vgg(width=0.001).channels == (1,) * 5


def test_logits_are_float32_and_all_else_is_bfloat16(numpy_nets):
  module = vgg(**TINY, dtype='bfloat16')
  params, model_state = numpy_nets.abstract(module, (1, 8, 8, 3))
  assert {x.dtype for x in jax.tree.leaves((params, model_state))} == {
    jnp.dtype('float32')
  }
  jaxpr = jax.make_jaxpr(module.apply)(
    {'params': params, **model_state}, jnp.zeros((2, 8, 8, 3))
  )
  assert jaxpr.out_avals[0].dtype == jnp.float32
  convs = [
    eqn for eqn in jaxpr.eqns if eqn.primitive.name == 'conv_general_dilated'
  ]
  assert len(convs) == 8
  assert {eqn.outvars[0].aval.dtype for eqn in convs} == {jnp.dtype('bfloat16')}


def test_he_over_fan_out(key):
  init = _layers.kernel_initialiser('he_normal_fan_out')
  kernel = init(key, (3, 3, 20, 160), jnp.float32)
  assert np.std(kernel) == pytest.approx(np.sqrt(2 / (9 * 160)), rel=0.02)


def test_gaussian_glorot_is_not_truncated(key):
  init = _layers.kernel_initialiser('glorot_gaussian')
  kernel = np.asarray(init(key, (300, 100), jnp.float32))
  assert kernel.std() == pytest.approx(np.sqrt(2 / 400), rel=0.02)
  assert np.abs(kernel).max() > 3.5 * kernel.std()


@pytest.mark.parametrize('shape', [(1, 7, 8, 3), (1, 8, 4, 3), (8, 8, 3)])
def test_images_that_do_not_fit(numpy_nets, shape):
  with pytest.raises(ValueError, match='h and w at least 8'):
    numpy_nets.abstract(vgg(**TINY), shape)


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'depth': 12}, 'depth is 12; accepted are 11, 13, 16, 19'),
    ({'pools': 6}, 'pools is 6; accepted are 1, 2, 3, 4, 5'),
    ({'width': 0.0}, 'width 0.0'),
    ({'width': float('inf')}, 'width inf'),
    ({'num_classes': 0}, 'num_classes'),
    ({'kernel_init': 'he_norml'}, "Did you mean 'he_normal'"),
    (
      {'dtype': 'float16'},
      "dtype is 'float16'; accepted are float32, bfloat16",
    ),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    vgg(**changes)
