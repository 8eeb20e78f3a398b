import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax.flatten_util import ravel_pytree

from jaxsparse.analysis import hessian, lanczos
from jaxsparse.analysis.products import operator, products
from jaxsparse.core.gradients import examples

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(12, 6, 6, 1)).astype(np.float32)
LABELS = RNG.integers(0, 3, 12)


class Net(nn.Module):
  """A convolution with pooling, then two dense layers."""

  @nn.compact
  def __call__(self, x):
    x = nn.tanh(nn.Conv(2, (3, 3), padding='VALID', name='z_first')(x))
    x = nn.max_pool(x, (2, 2), strides=(2, 2)).reshape(x.shape[0], -1)
    x = nn.tanh(nn.Dense(5, name='m_second')(x))
    return nn.Dense(3, name='a_last')(x)


def loss(params, batch):
  images, labels = batch
  log_p = jax.nn.log_softmax(Net().apply({'params': params}, images))
  return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], 1))


@pytest.fixture(scope='module')
def net():
  """Params and masks; half of each kernel is masked, one kernel is exempt."""
  params = jax.jit(Net().init)(jax.random.key(1), IMAGES)['params']
  params = jax.tree.map(lambda p: jnp.asarray(np.asarray(p) + 0.1), params)
  masks = jax.tree.map(
    lambda p: jnp.asarray(RNG.random(p.shape) < 0.5) if p.ndim > 1 else None,
    params,
  )
  masks['m_second']['kernel'] = None
  return params, masks


BATCH = (IMAGES, LABELS)


@pytest.fixture(scope='module')
def expected(net):
  """By `jax.hessian` over all entries, then rows and columns of the active."""
  params, masks = net
  kept = jax.tree.map(
    lambda p, m: np.ones(p.shape, bool) if m is None else m, params, masks
  )
  active = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(kept)])
  flat, unravel = ravel_pytree(params)
  whole = jax.jit(jax.hessian(lambda v: loss(unravel(v), BATCH)))
  found = whole(flat * active)
  return np.asarray(found)[np.ix_(active, active)]


@pytest.mark.parametrize('chunk', [7, 1000])
def test_it_is_that_of_jax_hessian_on_the_active_weights(net, expected, chunk):
  found = hessian.hessian(loss, *net, [BATCH], chunk=chunk)
  np.testing.assert_allclose(found.matrix, expected, atol=2e-6, rtol=1e-5)
  assert found.symmetry_error < 1e-5
  assert found.product_error < 1e-5


def two_layers(params, batch):
  hidden = jnp.tanh(batch @ params['w'])
  return jnp.mean(jnp.exp(hidden @ params['v']))


def test_double_precision_agrees_to_double_precision():
  with jax.enable_x64(True):
    params = {'w': jnp.asarray(RNG.normal(size=(4, 3))), 'v': jnp.ones(3)}
    masks = {'w': None, 'v': None}
    batch = RNG.normal(size=(9, 4))
    found = hessian.hessian(two_layers, params, masks, [batch])
    flat, unravel = ravel_pytree(params)
    whole = jax.jit(jax.hessian(lambda v: two_layers(unravel(v), batch)))
    expected = whole(flat)
  np.testing.assert_allclose(found.matrix, expected, atol=1e-13)


def test_layers_are_in_the_order_of_use_not_of_names(net):
  op = operator(loss, *net, [BATCH])
  first, *_, last = hessian.layers(op)
  assert first == ['z_first/bias', 'z_first/kernel']
  assert last == ['a_last/bias', 'a_last/kernel']


def quadratic(params, batch):
  """0.5 x' A x over both leaves at once, A the batch; the `none` is unused."""
  x = jnp.concatenate([params['a'], params['b']['c'].reshape(-1)])
  return 0.5 * x @ batch[0] @ x


def quadratic_params():
  return {'a': jnp.ones(3), 'b': {'c': jnp.ones((2, 2)), 'none': jnp.ones(2)}}


def test_the_hessian_of_a_quadratic_is_its_matrix():
  half = RNG.normal(size=(7, 7)).astype(np.float32)
  matrix = half + half.T
  mask = np.array([[True, False], [True, True]])
  masks = {'a': None, 'b': {'c': jnp.asarray(mask), 'none': None}}
  found = hessian.hessian(
    quadratic, quadratic_params(), masks, [matrix[None]], chunk=2
  )
  kept = np.r_[np.ones(3, bool), mask.reshape(-1)]
  expected = np.zeros((8, 8))
  expected[:6, :6] = matrix[np.ix_(kept, kept)]
  np.testing.assert_allclose(found.matrix, expected, rtol=1e-6)
  spectrum = hessian.spectrum(
    quadratic, quadratic_params(), masks, [matrix[None]]
  )
  np.testing.assert_allclose(
    spectrum.eigenvalues, np.linalg.eigvalsh(expected), atol=1e-5
  )


def test_batches_count_by_their_examples():
  params = {'w': jnp.ones((4, 3)), 'v': jnp.ones(3)}
  masks = {'w': None, 'v': None}
  batch = RNG.normal(size=(9, 4)).astype(np.float32)
  parts = hessian.hessian(
    two_layers, params, masks, iter([batch[:7], batch[7:]])
  )
  whole = hessian.hessian(two_layers, params, masks, [batch])
  np.testing.assert_allclose(parts.matrix, whole.matrix, rtol=1e-4, atol=1e-5)
  assert parts.product_error < 1e-5


def test_after_a_mask_update_nothing_is_compiled_again():
  params = {'w': jnp.ones((4, 3)), 'v': jnp.ones(3)}
  batch = RNG.normal(size=(6, 4)).astype(np.float32)
  found, programs = [], []
  for shift in (0, -1):
    masks = {'w': jnp.eye(4, 3, shift, dtype=bool), 'v': None}
    spectrum = hessian.spectrum(two_layers, params, masks, [batch])
    found.append(spectrum.eigenvalues)
    programs.append(products._cache_size())
  assert programs[0] == programs[1]
  assert np.abs(found[0] - found[1]).max() > 1e-3


def test_negative_counts_and_sums_below_the_threshold():
  eigenvalues = np.array([-2.0, -0.5, -1e-4, 0.0, 3.0])
  assert hessian.negative(eigenvalues) == (2, -2.5)
  assert hessian.negative(eigenvalues, below=-1.0) == (1, -2.0)
  assert hessian.negative(eigenvalues, below=0.0).number == 3
  with pytest.raises(ValueError, match='below is 0.1'):
    hessian.negative(eigenvalues, below=0.1)


@pytest.mark.parametrize(
  ('batch', 'weight'),
  [((IMAGES, LABELS), 12), (None, 1), (np.float32(3), 1), ({'x': LABELS}, 12)],
)
def test_a_batch_counts_its_leading_axis(batch, weight):
  assert examples(batch) == weight


@pytest.mark.parametrize(
  'one',
  [BATCH, list(BATCH), (jnp.asarray(IMAGES), jnp.asarray(LABELS))],
)
@pytest.mark.parametrize('measure', [hessian.spectrum, hessian.hessian])
def test_one_batch_in_place_of_several_is_told(net, one, measure):
  message = r'batches is one batch.*accepted are several: \[batch\]'
  with pytest.raises(ValueError, match=message):
    measure(loss, *net, one)


def test_one_batch_by_name_is_told_too(net):
  def named(params, batch):
    return loss(params, (batch['images'], batch['labels']))

  one = {'images': IMAGES, 'labels': LABELS}
  for measure in (hessian.spectrum, lanczos.extremes):
    key = {'key': jax.random.key(0)} if measure is lanczos.extremes else {}
    with pytest.raises(ValueError, match='batches is one batch'):
      measure(named, *net, one, **key)


@pytest.mark.parametrize('batches', [[BATCH], (BATCH,), iter([BATCH])])
def test_what_a_loss_raises_of_its_own_is_raised_as_it_is(net, batches):
  def broken(params, batch):
    raise KeyError('of the user')

  with pytest.raises(KeyError, match='of the user'):
    hessian.spectrum(broken, *net, batches)


@jax.custom_jvp
def lopsided(x):
  return 0.5 * jnp.sum(x**2)


@lopsided.defjvp
def _lopsided_jvp(primals, tangents):
  """A false gradient, x shifted by one: its Jacobian is not symmetric."""
  return lopsided(*primals), jnp.roll(primals[0], 1) @ tangents[0]


def test_an_asymmetry_is_reported():
  within = hessian.hessian(
    lambda p, _: lopsided(p['w']), {'w': jnp.ones(4)}, {'w': None}, [None]
  )
  assert within.symmetry_error > 0.5
  params = {'a': {'w': jnp.ones(1)}, 'b': {'w': jnp.ones(1)}}
  across = hessian.hessian(
    lambda p, _: lopsided(
      jnp.concatenate([p['a']['w'], 2 * p['b']['w'], p['b']['w']])
    ),
    params,
    jax.tree.map(lambda _: None, params),
    [None],
  )
  assert across.product_error > 0.1


def sqrt_loss(params, batch):
  del batch
  return jnp.sum(jnp.sqrt(params['w']))


W = {'w': jnp.zeros(3)}


@pytest.mark.parametrize(
  ('masks', 'batches', 'options', 'message'),
  [
    ({'w': None}, [], {}, 'batches: none'),
    ({'w': jnp.zeros(3, bool)}, [None], {}, 'no weight is active'),
    ({'w': jnp.ones(2, bool)}, [None], {}, "mask 'w' has shape"),
    ({'w': None}, [None], {'chunk': 0}, 'chunk is 0'),
    ({'w': None}, [None], {'max_size': 2}, '3 active weights, max_size is 2'),
    ({'w': None}, [None], {}, 'not finite'),
  ],
)
def test_what_cannot_be_is_refused(masks, batches, options, message):
  with pytest.raises(ValueError, match=message):
    hessian.hessian(sqrt_loss, W, masks, batches, **options)
