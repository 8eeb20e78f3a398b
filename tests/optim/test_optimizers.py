import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.optim import learning_rate, optimizers
from jaxsparse.training.state import Member

PARAMS = {
  'layer': {
    'kernel': jnp.asarray([[1.0, -2.0], [0.5, 4.0]]),
    'bias': jnp.asarray([3.0, -1.0]),
  }
}
GRADS = jax.tree.map(lambda p: 0.1 * p + 0.3, PARAMS)
RATE, DECAY = 0.1, 0.5


def make(name, *, no_decay=(), clip_norm=0.0, schedule='cosine', **kwargs):
  shape = learning_rate.shape(10, schedule)
  return optimizers.make(
    name, kwargs, shape, no_decay=no_decay, clip_norm=clip_norm
  )


def member(rate=RATE, decay=DECAY):
  numbers = {'learning_rate': rate, 'weight_decay': decay}
  numbers = {k: np.float32(v) for k, v in numbers.items()}
  return Member(jax.random.key(0), {}, numbers, {}, {})


def updates(name, steps=1, decay=DECAY, **fields):
  """The updates of the last of some steps, params and gradients held fixed."""
  optimiser = make(name, schedule='constant', **fields)
  state = optimiser(member(decay=decay), jnp.int32(0)).init(PARAMS)
  for step in range(steps):
    tx = optimiser(member(decay=decay), jnp.int32(step))
    found, state = tx.update(GRADS, state, PARAMS)
  return jax.tree.map(np.asarray, found['layer'])


def test_l2_enters_the_gradient_before_momentum_and_spares_biases():
  found = updates('sgd', steps=3, momentum=0.9)
  kernel = np.asarray(PARAMS['layer']['kernel'])
  grad = np.asarray(GRADS['layer']['kernel']) + DECAY * kernel
  trace = 1 + 0.9 + 0.81
  np.testing.assert_allclose(found['kernel'], -RATE * trace * grad, rtol=1e-5)
  np.testing.assert_allclose(
    found['bias'], -RATE * trace * np.asarray(GRADS['layer']['bias']), rtol=1e-5
  )


@pytest.mark.parametrize('most', [0.5, 100.0])
def test_the_norm_of_the_gradient_is_bounded_after_l2(most):
  kernel, bias = (np.asarray(GRADS['layer'][k]) for k in ('kernel', 'bias'))
  kernel = kernel + DECAY * np.asarray(PARAMS['layer']['kernel'])
  norm = np.sqrt((kernel**2).sum() + (bias**2).sum())
  assert 0.5 < norm < 100
  scale = RATE * min(1, most / norm)
  found = updates('sgd', momentum=0.0, clip_norm=most)
  np.testing.assert_allclose(found['kernel'], -scale * kernel, rtol=1e-5)
  np.testing.assert_allclose(found['bias'], -scale * bias, rtol=1e-5)


def test_a_bound_out_of_reach_changes_nothing_of_adamw():
  one, other = updates('adamw'), updates('adamw', clip_norm=1e6)
  np.testing.assert_array_equal(one['kernel'], other['kernel'])


@pytest.mark.parametrize('name', ['sgd', 'adamw'])
def test_kernels_may_be_spared_by_pattern(name):
  without = updates(name, decay=0.0)
  for patterns in (('layer/kernel',), ('*/k*', 'layer/*')):
    spared = updates(name, no_decay=patterns)
    np.testing.assert_array_equal(spared['kernel'], without['kernel'])
  with pytest.raises(ValueError, match=r"no_decay: 'layer/bias' fits none"):
    updates(name, no_decay=('layer/bias',))


@pytest.mark.parametrize('name', ['adamw', 'lamb', 'adamaxw', 'lion', 'adan'])
def test_a_decay_of_its_own_is_decoupled_and_spares_biases(name):
  with_decay, without = updates(name), updates(name, decay=0.0)
  np.testing.assert_array_equal(with_decay['bias'], without['bias'])
  kernel = np.asarray(PARAMS['layer']['kernel'])
  change = with_decay['kernel'] - without['kernel']
  if name != 'lamb':  # lamb scales its whole step by a trust ratio
    np.testing.assert_allclose(change, -RATE * DECAY * kernel, rtol=1e-4)
  assert np.all(change != 0)


@pytest.mark.parametrize('name', ['lars', 'adadelta', 'novograd', 'rmsprop'])
def test_biases_are_spared_however_the_mask_is_called(name):
  with_decay, without = updates(name, steps=2), updates(name, 2, decay=0.0)
  np.testing.assert_array_equal(with_decay['bias'], without['bias'])
  assert np.any(with_decay['kernel'] != without['kernel'])


@pytest.mark.filterwarnings('ignore:::optax')
def test_every_named_optimiser_takes_its_own_fields_alone():
  for name in optimizers.names():
    fields = optimizers.hyperparameters(name)
    assert not {'learning_rate', 'mask', 'weight_decay_mask'} & set(fields)
    kwargs = {
      field: p.default
      for field, p in fields.items()
      if p.default is not p.empty
    }
    tx = make(name, **kwargs)(member(), jnp.int32(0))
    assert isinstance(tx, optax.GradientTransformation), name


def test_other_functions_with_a_learning_rate_are_not_named():
  assert {'sgd', 'adam', 'adamw', 'lion'} <= set(optimizers.names())
  assert not any(n.startswith(('_', 'scale_by')) for n in optimizers.names())


def test_every_optimiser_of_optax_is_named_however_it_is_made(monkeypatch):
  call = {'__call__': lambda self, learning_rate: optax.sgd(learning_rate)}
  made = {
    'of_partial': functools.partial(optax.adam, b1=0.5),
    'of_jit': jax.jit(optax.sgd, static_argnames=('momentum', 'nesterov')),
    'of_class': type('Maker', (), call)(),
  }
  for name, builder in made.items():
    monkeypatch.setattr(optax, name, builder, raising=False)
  optimizers.names.cache_clear()
  try:
    assert {'nadam', 'nadamw', *made} <= set(optimizers.names())
    assert optimizers.find('of_partial') is made['of_partial']
  finally:
    optimizers.names.cache_clear()


@pytest.mark.parametrize('name', ['nadam', 'nadamw'])
def test_an_optimiser_made_by_partial_is_used_as_it_is(name):
  found = updates(name, steps=3, b1=0.8)
  grads = np.asarray(GRADS['layer']['kernel'])
  if name == 'nadam':
    grads = grads + DECAY * np.asarray(PARAMS['layer']['kernel'])
  # Held fixed, a gradient g has the moments g and g^2, once bias is corrected,
  # but for the look ahead of Nesterov's momentum.
  first = 0.8 * (1 - 0.8**3) / (1 - 0.8**4) * grads + 0.2 / (1 - 0.8**3) * grads
  step = first / (np.abs(grads) + 1e-8)
  if name == 'nadamw':
    step = step + DECAY * np.asarray(PARAMS['layer']['kernel'])
  np.testing.assert_allclose(found['kernel'], -RATE * step, rtol=1e-4)


def test_a_class_is_no_optimiser():
  with pytest.raises(ValueError, match='takes no learning_rate'):
    optimizers.find('optax.ScaleByZoomLinesearchState')


def test_fixed_fields_are_passed_on():
  found = updates('adam', b1=0.0, b2=0.0, eps=0.0, decay=0.0)
  np.testing.assert_allclose(found['kernel'], -RATE, rtol=1e-5)


def test_the_rate_may_be_traced():
  optimiser = make('sgd', momentum=0.0)

  @jax.jit
  def update(member, step):
    tx = optimiser(member, step)
    return tx.update(GRADS, tx.init(PARAMS), PARAMS)[0]['layer']['bias']

  for rate in (0.1, 0.7):
    found = update(member(rate=rate), 0)
    np.testing.assert_allclose(found, -rate * GRADS['layer']['bias'], rtol=1e-6)
  assert update._cache_size() == 1


@pytest.mark.parametrize(
  ('name', 'said'),
  [
    ('sgdd', "Did you mean 'sgd'"),
    ('adamm', "Did you mean 'adam'"),
    ('optax.nosuch', "'optax.nosuch' names no function"),
  ],
)
def test_an_unknown_name_is_refused(name, said):
  with pytest.raises(ValueError, match=said):
    optimizers.find(name)


def test_a_dotted_path_and_a_function_are_accepted():
  assert optimizers.find('optax.contrib.schedule_free_sgd')
  assert optimizers.find(optax.sgd) is optax.sgd
