"""The combinators by the names of config fields, and together."""

import functools

import jax
import numpy as np
import optax
import pytest
from plain_numpy import normal, start

from jaxsparse.analysis.exploration import remembering
from jaxsparse.config.defaults import default_config
from jaxsparse.core import registry
from jaxsparse.optim.sparsify import sparsify
from jaxsparse.runs.build import build
from jaxsparse.updaters.gmp import gmp
from jaxsparse.updaters.growth.averaged import averaged
from jaxsparse.updaters.growth.inverted import inverted
from jaxsparse.updaters.growth.options import drops_and_grows, options
from jaxsparse.updaters.growth.starting_at import starting_at
from jaxsparse.updaters.growth.structured import structured
from jaxsparse.updaters.growth.with_momentum import with_momentum
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.rigl_sg import rigl_sg
from jaxsparse.updaters.static import static

UPDATERS = 'jaxsparse.updaters'
METHODS = ('rigl', 'set', 'snfs', 'rigl_sg', 'rigl_sm')
COUNTS = {'w': 24, 'exempt': None}
TIMES = {'start_step': 1, 'stop_step': 9}
KEY = jax.random.key(0)
FIELDS = {
  **{'grow_batches': 1, 'grow_init': 'zeros', 'grow_scale': 1.0},
  **{'grow_momentum': None, 'structure': 'unstructured'},
  **{'structure_size': (), 'inverted': False},
}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, (8, 12)))


def _run(updater):
  """Params, state and momenta after observing twice and an update."""
  state, params = start(updater, _tree(0))
  for step in (0, 1):
    grads = _tree(step + 1)
    state = updater.observe(grads, state, params, step=step, key=KEY)
  momenta = None if updater.momenta is None else updater.momenta(grads, state)
  return updater.update(grads, state, params, step=1, key=KEY), momenta


@pytest.mark.parametrize('name', registry.names(UPDATERS))
def test_a_config_of_each_drop_and_grow_method_has_them(name):
  section = default_config(updater=name).updater
  fields = {k: section[k] for k in FIELDS if k in section}
  if name in METHODS:
    assert fields == FIELDS
  else:
    # `inverted` also is an option of methods that prune at initialisation.
    fields.pop('inverted' if 'shuffled' in section else '', None)
    assert fields.keys() <= {'structure', 'structure_size'}


@pytest.mark.parametrize('name', METHODS)
def test_at_their_defaults_they_change_nothing(name):
  builder = registry.resolve(name, UPDATERS)
  plain = builder(COUNTS, **TIMES)
  built = registry.build(builder, COUNTS, **TIMES, **FIELDS)
  assert built.facts == plain.facts
  jax.tree.map(np.testing.assert_array_equal, _run(built), _run(plain))


@pytest.mark.parametrize('method', [rigl, rigl_sg])
def test_by_name_and_in_any_order_they_are_the_same(method):
  changes = {
    'averaged': lambda u: averaged(u, 2, update_interval=3),
    'starting': lambda u: starting_at(u, 'gradient', grow_scale=0.5),
    'momentum': lambda u: with_momentum(u, 0.7),
    'inverted': inverted,
  }
  chosen = {
    **{'grow_batches': 2, 'grow_init': 'gradient', 'grow_scale': 0.5},
    **{'grow_momentum': 0.7, 'inverted': True},
  }
  if method is rigl:  # The other moves weights between layers.
    changes['structured'] = lambda u: structured(u, 'constant_fan_in')
    chosen['structure'] = 'constant_fan_in'
  found = []
  for order in (list(changes), list(reversed(changes))):
    updater = method(COUNTS, **TIMES)
    for name in order:
      updater = changes[name](updater)
    found.append(_run(updater))
  found.append(
    _run(options(method(COUNTS, **TIMES), update_interval=3, **chosen))
  )
  for one in found[1:]:
    jax.tree.map(np.testing.assert_array_equal, one, found[0])


@pytest.mark.parametrize(
  'change',
  [
    lambda u: starting_at(u, 'normal'),
    lambda u: averaged(u, 2, update_interval=3),
    lambda u: with_momentum(u, 0.5),
    lambda u: structured(u, 'constant_fan_in'),
    inverted,
  ],
)
@pytest.mark.parametrize(
  'updater',
  [
    static(COUNTS),
    gmp(COUNTS, update_interval=3, **TIMES),
    remembering(rigl(COUNTS, **TIMES)),
  ],
)
def test_other_methods_have_none_of_them(updater, change):
  with pytest.raises(ValueError, match=r'is .*a drop-and-grow method, such'):
    change(updater)


def test_a_gradient_that_is_read_is_counted():
  updater = registry.resolve('set', UPDATERS)(COUNTS, **TIMES)
  counted = [
    change.facts.dense_batches
    for change in (
      *(starting_at(updater, way) for way in ('zeros', 'normal', 'gradient')),
      with_momentum(updater, 0.5),
    )
  ]
  assert counted == [0, 0, 1, 1]


def test_a_loop_of_another_interval_is_refused():
  updater = rigl(COUNTS, update_interval=3, **TIMES)
  for interval in (3, 4):
    plan = TIMES | {'update_interval': interval}
    if interval == 3:
      sparsify(optax.sgd(0.1), updater, key=KEY, **plan)
    else:
      with pytest.raises(ValueError, match='update_interval is 4, and the up'):
        sparsify(optax.sgd(0.1), updater, key=KEY, **plan)


@drops_and_grows
def own_rigl(counts, *, alpha=0.4, start_step=0, stop_step):
  """A drop-and-grow method of a user's own, for a config."""
  return rigl(
    counts, drop_fraction=alpha, start_step=start_step, stop_step=stop_step
  )


def _config(method, **fields):
  config = default_config(updater=method)
  config.num_steps = 30
  for name, value in fields.items():
    config.updater[name] = value
  return config


def test_a_method_of_ones_own_declares_that_it_is_one():
  config = _config(own_rigl, grow_momentum=0.5, grow_batches=2)
  assert {k: config.updater[k] for k in ('alpha', 'inverted')} == {
    'alpha': 0.4,
    'inverted': False,
  }
  experiment = build(config)
  member = experiment.member
  assert member.updater['grow_momentum'] == np.float32(0.5)
  updater = experiment.recipe.updater(member)
  assert updater.momenta is not None
  assert updater.facts.dense_batches == 2


@pytest.mark.parametrize(
  ('method', 'field', 'value', 'message'),
  [
    ('set', 'inverted', True, 'inverted is True, of a method that grows by no'),
    ('set', 'grow_batches', 2, 'grow_batches is 2, of a method'),
    ('snfs', 'grow_batches', 2, 'keeps statistics of its own'),
    ('rigl_sg', 'structure', 'kernel_slice', 'moves weights between layers'),
    ('rigl', 'grow_momentum', -1.0, 'grow_momentum is -1.0; accepted'),
    ('rigl_sm', 'grow_init', 'zeroes', "mean 'zeros'"),
  ],
)
def test_a_config_names_what_makes_no_sense(method, field, value, message):
  said = rf'config\.updater \({method}\): .*{message}'
  with pytest.raises(ValueError, match=said):
    build(_config(method, **{field: value}))
