"""Arguments of the builders that are refused, before anything compiles."""

import inspect
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import registry
from jaxsparse.updaters.gmp import gmp
from jaxsparse.updaters.granet import granet
from jaxsparse.updaters.rigl import rigl

COUNTS = {'layer': {'kernel': 3}}
PARAMS = {'layer': {'kernel': jnp.ones((2, 3))}}
DYNAMIC = ('rigl', 'set', 'snfs')


ODD = [-0.1, 1.5, math.nan, math.inf]
# Argument -> its methods, refused values, and the accepted ones.
RANGES = [
  ('drop_fraction', (*DYNAMIC, 'granet', 'srigl'), ODD, r'in \[0, 1\]'),
  ('drop_fraction', ('dsr',), [*ODD, 1.0], r'in \[0, 1\)'),
  ('momentum', ('snfs', 'rigl_sm'), [-0.1, 1, 1.0, math.nan], r'in \[0, 1\)'),
  ('initial_fraction', ('granet',), [1.5], r'in \[0, 1\]'),
  ('saliency', ('srigl',), [1.5], r'in \[0, 1\]'),
  ('tolerance', ('dsr',), [-0.1], r'in \[0, 1\]'),
  ('exploration', ('topkast',), [-0.1, 1.1], r'in \[0, 1\]'),
  ('penalty', ('topkast',), [-1e-3, math.nan, math.inf], 'from 0 on'),
  ('decay', ('ste',), [-1e-3, math.nan, math.inf], 'from 0 on'),
  ('l1', ('deep_r',), [-1.0], 'from 0 on'),
  ('noise', ('deep_r',), [-1.0], 'from 0 on'),
]
# Methods, their arguments, and the message.
REFUSED = [
  (DYNAMIC, {'start_step': 7, 'stop_step': 6}, 'start_step is 7 and stop_st'),
  (DYNAMIC, {'start_step': -1}, 'start_step is -1'),
  (('srigl',), {'start_step': 99}, 'start_step is 99'),
  (('granet',), {'start_step': 9}, 'no mask step lies between'),
  ((*DYNAMIC, 'granet'), {'drop_schedule': 'cosin'}, "cosin'; .*mean 'cosine'"),
  (('dsr',), {'sampler': 'unifrom'}, "mean 'uniform'"),
  (('srigl',), {'axes': 'flux'}, "mean 'flax'"),
  (('srigl',), {'keep_units': ('c',)}, "keep_units: 'c' fits none .* layer/k"),
]


def built(name, counts=COUNTS, **options):
  """A method with what it needs of a run."""
  method = registry.resolve(name, 'jaxsparse.updaters')
  takes = inspect.signature(method).parameters
  plan = {'stop_step': 9, 'update_interval': 2}
  return method(
    counts, **{k: v for k, v in plan.items() if k in takes} | options
  )


@pytest.mark.parametrize(
  ('name', 'options', 'message'),
  [
    (name, {argument: value}, f'{argument} is .*{accepted}')
    for argument, names, values, accepted in RANGES
    for name in names
    for value in values
  ]
  + [
    (name, options, message)
    for names, options, message in REFUSED
    for name in names
  ],
)
def test_what_is_refused(name, options, message):
  with pytest.raises(ValueError, match=message):
    built(name, **options)


@pytest.mark.parametrize('name', DYNAMIC)
@pytest.mark.parametrize('value', [0, 1, 0.5, jnp.float32(0.3)])
def test_drop_fractions_that_are_accepted(name, value):
  built(name, drop_fraction=value)


@pytest.mark.parametrize('name', registry.names('jaxsparse.updaters'))
@pytest.mark.parametrize('field', ['start_step', 'stop_step'])
def test_steps_are_integers_of_the_host(name, field):
  method = registry.resolve(name, 'jaxsparse.updaters')
  if field in inspect.signature(method).parameters:
    built(name, **{field: np.int64({'start_step': 0, 'stop_step': 9}[field])})
    for value in (True, 0.5, 8.0, '3', np.arange(3), jnp.int32(3)):
      with pytest.raises(TypeError, match=f'{field} is .* an integer'):
        built(name, **{field: value})


@pytest.mark.parametrize('method', [gmp, granet, rigl])
def test_an_interval_is_an_integer_of_the_host(method):
  for value in (True, 0.5, 2.5, '3', np.arange(3), jnp.int32(3)):
    with pytest.raises(TypeError, match='update_interval is .* an integer'):
      method(COUNTS, stop_step=9, update_interval=value)
  for value in (0, np.int64(0), -2):
    with pytest.raises(ValueError, match=f'update_interval is {value}; '):
      method(COUNTS, stop_step=9, update_interval=value)
  method(COUNTS, stop_step=9, update_interval=np.int64(2))


@pytest.mark.parametrize('name', DYNAMIC)
def test_traced_values_are_taken_as_they_are(name):
  def build(fraction, start, stop):
    built(name, drop_fraction=fraction, start_step=start, stop_step=stop)
    return fraction

  jax.jit(build)(7.0, 3, 1)


@pytest.mark.parametrize('name', ['static', 'magnitude', 'gmp', *DYNAMIC])
@pytest.mark.parametrize(
  ('counts', 'error', 'message'),
  [
    ({'layer': {'kernel': 7}}, ValueError, r"'layer/kernel' is 7.* 0 to 6"),
    ({'layer': {'kernel': -1}}, ValueError, r"'layer/kernel' is -1"),
    ({'layer': {'kernel': 3.0}}, TypeError, 'float'),
    ({'layer': {'kernal': 3}}, ValueError, "mean 'layer/kernel'"),
  ],
)
def test_counts(name, counts, error, message, key):
  with pytest.raises(error, match=message):
    built(name, counts=counts).init(PARAMS, key=key)


def abstract(*sizes):
  """Leaves of so many weights, which take no memory."""
  return {
    f'layer_{i}': {'kernel': jax.ShapeDtypeStruct((size, 2), jnp.float32)}
    for i, size in enumerate(sizes)
  }


def init_of(method, params, **options):
  """The shapes of the state that a method starts with."""
  takes = inspect.signature(method).parameters
  counts = jax.tree.map(lambda p: p.size // 2, params)
  updater = built(
    method, counts, **{k: v for k, v in options.items() if k in takes}
  )
  probe = lambda score, *, key: score(params, key=key)  # noqa: E731
  return updater, lambda: jax.eval_shape(
    lambda key: updater.init(params, key=key, probe=probe), jax.random.key(0)
  )


@pytest.mark.parametrize('name', registry.names('jaxsparse.updaters'))
def test_a_leaf_that_cannot_be_counted_is_named(name):
  method = registry.resolve(name, 'jaxsparse.updaters')
  _, init = init_of(method, abstract(2**30, 3))
  if name == 'dense':
    return  # It counts nothing.
  with pytest.raises(ValueError, match="'layer_0/kernel' has 2,147,483,648 w"):
    init()


@pytest.mark.parametrize('name', registry.names('jaxsparse.updaters'))
@pytest.mark.parametrize('together', [False, True])
def test_leaves_that_are_counted_together_are_fewer_than_an_int32_holds(
  name, together
):
  method = registry.resolve(name, 'jaxsparse.updaters')
  options = {'global_ranking': together, 'redistribute': together}
  updater, init = init_of(method, abstract(2**29, 2**29 - 1, 5), **options)
  if updater.facts.invariant in ('total', 'scheduled_total'):
    said = "2,147,483,656 weights in all, of which 1,073,741,824 are 'layer_0/k"
    with pytest.raises(ValueError, match=said):
      init()
  else:
    init()
