"""What `sparsify` refuses: bad input, other steps, what is no key."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib

from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.updaters.dense import dense
from jaxsparse.updaters.gmp import gmp
from jaxsparse.updaters.growth.averaged import averaged
from jaxsparse.updaters.magnitude import magnitude
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.snip import snip
from jaxsparse.updaters.static import static
from jaxsparse.updaters.topkast import topkast

TIMES = {'update_interval': 3, 'start_step': 0, 'stop_step': 9}
RAMP = {'start_step': 0, 'stop_step': 9}
COUNTS = {'b': None, 'w': 15}


def constant(**times):
  """RigL whose drop fraction does not decay."""
  return rigl(COUNTS, drop_schedule='constant', **RAMP | times)


def test_bad_input_is_named(params, key):
  updater = constant()
  with pytest.raises(ValueError, match='update_interval is 0'):
    sparsify(optax.sgd(0.1), updater, key=key, **TIMES | {'update_interval': 0})
  with pytest.raises(TypeError, match='accepted is a MaskUpdater'):
    sparsify(optax.sgd(0.1), optax.sgd(0.1), key=key, **TIMES)
  with pytest.raises(ValueError, match='matrix function'):
    sparsify(contrib.muon(0.1), updater, key=key, **TIMES).init(params)
  transform = sparsify(optax.sgd(0.1), updater, key=key, **TIMES)
  state = transform.init(params)
  with pytest.raises(ValueError, match='update needs params'):
    transform.update(params, state)
  with pytest.raises(TypeError, match='state of sparsify'):
    sparsify_params(params, state.opt_state)


@pytest.mark.parametrize('method', [snip, magnitude, topkast])
@pytest.mark.parametrize(('start', 'stop'), [(0, 0), (5, 5), (9, 3)])
def test_a_window_without_a_mask_step_is_refused(method, start, stop, key):
  """A method that takes mask steps would keep its first masks for ever."""
  times = TIMES | {'start_step': start, 'stop_step': stop}
  between = f'no mask step lies between start_step {start} and stop_step {stop}'
  with pytest.raises(ValueError, match=between):
    sparsify(optax.sgd(0.1), method(COUNTS), key=key, **times)


@pytest.mark.parametrize('method', [static, dense])
def test_a_method_without_mask_steps_may_have_an_empty_window(method, key):
  window = {'start_step': 0, 'stop_step': 0}
  sparsify(optax.sgd(0.1), method(COUNTS), key=key, **TIMES | window)


STEPS = [True, 0.5, 2.5, '3', np.arange(3), np.array(3), jnp.int32(3)]


@pytest.mark.parametrize('value', [-1, np.int64(-1), *STEPS], ids=repr)
@pytest.mark.parametrize('field', list(TIMES))
def test_steps_are_integers_of_the_host(field, value, key):
  error = ValueError if isinstance(value, int | np.integer) else TypeError
  error = TypeError if value is True else error
  with pytest.raises(error, match=f'{field} is .* accepted is an integer'):
    sparsify(optax.sgd(0.1), constant(), key=key, **TIMES | {field: value})


@pytest.mark.parametrize('value', [0, np.int64(0)])
def test_an_interval_is_at_least_one_step(value, key):
  times = TIMES | {'update_interval': value}
  with pytest.raises(ValueError, match='update_interval is 0; .* 1 or more'):
    sparsify(optax.sgd(0.1), constant(), key=key, **times)


def test_integers_of_numpy_are_integers(key):
  times = {field: np.int64(value) for field, value in TIMES.items()}
  sparsify(optax.sgd(0.1), ramp(**times), key=key, **times)


def decaying(**times):
  return rigl(COUNTS, **RAMP | times)


def ramp(**times):
  return gmp(COUNTS, **TIMES | times)


def averaging(**times):
  return averaged(rigl(COUNTS, **TIMES | times), 2)


@pytest.mark.parametrize(
  ('made', 'field'),
  [
    (decaying, 'start_step'),
    (decaying, 'stop_step'),
    *((ramp, field) for field in TIMES),
    *((averaging, field) for field in TIMES),
  ],
)
def test_a_method_made_for_other_steps_is_refused(made, field, key):
  tx, other = optax.sgd(0.1), TIMES[field] + 2
  said = f'{field} is {TIMES[field]}, and the updater was made with {other}'
  with pytest.raises(ValueError, match=said):
    sparsify(tx, made(**{field: other}), key=key, **TIMES)
  sparsify(tx, made(**{field: other}), key=key, **TIMES | {field: other})


def test_a_method_that_does_not_decay_is_for_any_steps(key):
  for made in (constant(stop_step=9), constant(start_step=1)):
    sparsify(optax.sgd(0.1), made, key=key, **TIMES)


def test_steps_that_are_traced_are_taken_as_they_are(key):
  def build(stop):
    sparsify(optax.sgd(0.1), decaying(stop_step=stop), key=key, **TIMES)
    return stop

  jax.eval_shape(build, 7)


@pytest.mark.parametrize('bad', [0, None, 'a', 1.5, np.arange(2), jnp.zeros(2)])
def test_what_is_no_key_is_refused(bad):
  with pytest.raises(TypeError, match='key is .* accepted is a PRNG key'):
    sparsify(optax.sgd(0.1), constant(), key=bad, **TIMES)


def test_keys_of_the_old_kind_are_keys():
  sparsify(optax.sgd(0.1), constant(), key=jax.random.PRNGKey(0), **TIMES)
