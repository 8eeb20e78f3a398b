"""Every method there is, built alike and run once, for the contract test.

A method passes by being there: the files of `jaxsparse.updaters` are found,
and two methods of a user's own stand beside them, one handed over as an
object, one as the dotted path of a module outside the tree.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from own_methods import own_object

from jaxsparse.core import masks as masking
from jaxsparse.core import prng, registry
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.types import MaskState, Probe
from jaxsparse.optim.masked import stored_params
from jaxsparse.updaters.gmp import gmp
from jaxsparse.updaters.growth.averaged import averaged
from jaxsparse.updaters.growth.inverted import inverted
from jaxsparse.updaters.rigl_sg import rigl_sg

UPDATERS = 'jaxsparse.updaters'


def combined(counts, *, drop_fraction=0.3, start_step, stop_step):
  """Combinators on top of each other."""
  times = {'start_step': start_step, 'stop_step': stop_step}
  updater = rigl_sg(counts, drop_fraction=drop_fraction, **times)
  return inverted(averaged(updater, 2, update_interval=2))


# Methods under an option by which they promise something else, or of a user's.
OPTIONS = {
  'own object': own_object,
  'gmp of all layers': functools.partial(gmp, global_ranking=True),
  'rigl_sg combined': combined,
}
PLAN = {'update_interval': 2, 'start_step': 2, 'stop_step': 9}
MASK_STEPS = (2, 4, 6, 8)


def network(params, inputs):
  """Two hidden branches of equal shape, joined and normalised: [n, 24]."""
  hidden = jax.nn.relu(inputs @ params['first']['kernel'])
  hidden += inputs @ params['second']['kernel']
  return hidden * params['norm']['scale'][None]


def loss(params, batch):
  """The mean squared error of `network`."""
  inputs, targets = batch
  return jnp.mean((network(params, inputs) - targets) ** 2)


def _normal(seed, *shapes):
  random = np.random.default_rng(seed)
  return [jnp.asarray(random.normal(size=s), jnp.float32) for s in shapes]


def _params():
  first, second, bias, scale = _normal(0, (16, 24), (16, 24), (24,), (24,))
  return {
    'first': {'kernel': first, 'bias': bias},
    'second': {'kernel': second},
    'norm': {'scale': scale},
  }


PARAMS = _params()
COUNTS = erk(PARAMS, 0.8)
GRADS = jax.tree.map(lambda p: _normal(p.size, (9, *p.shape))[0], PARAMS)
PROBE = Probe(loss, [tuple(_normal(1, (64, 16), (64, 24)))], network)


class Moment(NamedTuple):
  """A mask step: what `update` was given, and what it made of it."""

  old: MaskState
  given: dict
  params: dict
  new: MaskState


class Run(NamedTuple):
  """The state at init, mask steps (stacked), and the state at the end."""

  first: MaskState
  moments: Moment
  last: MaskState


class Case:
  """A method, and its runs over all mask steps, with given gradients."""

  params, counts, probe, plan = PARAMS, COUNTS, PROBE, PLAN

  def __init__(self, builder):
    self.builder = builder
    self.updater = self.build(COUNTS)
    self.traces = 0
    taken = {'all': MASK_STEPS, 'first': MASK_STEPS[:1], 'none': ()}
    self.taken = taken[self.updater.facts.mask_steps]
    # The update of fixed masks, which no run calls, is to leave them alone.
    self.mask_steps = self.taken or MASK_STEPS
    self.numbers = {
      name: p.default
      for name, p in registry.parameters(builder).items()
      if isinstance(p.default, float)
    }

  def build(self, counts, **numbers):
    known = registry.parameters(self.builder)
    plan = {name: step for name, step in PLAN.items() if name in known}
    return registry.build(self.builder, counts, **plan, **numbers)

  def run(self, counts, numbers, key):
    """A jitted run: columns over 8 devices, counts and numbers traced."""
    return self._jitted(self.sharded_params, counts, numbers, key)

  @functools.cached_property
  def _jitted(self):
    def run(params, counts, numbers, key):
      self.traces += 1
      updater = self.build(counts, **numbers)
      params, first = start(updater, params, key)
      (_, last), moments = jax.lax.scan(
        lambda carry, step: step_once(updater, *carry, step, key),
        (params, first),
        jnp.array(self.mask_steps),
      )
      return Run(first, moments, last)

    return jax.jit(run)

  @functools.cached_property
  def sharded_params(self):
    mesh = jax.make_mesh((8,), ('x',), (jax.sharding.AxisType.Auto,))

    def place(leaf):
      spec = jax.P(*(None,) * (leaf.ndim - 1), 'x')
      return jax.device_put(leaf, jax.NamedSharding(mesh, spec))

    return jax.tree.map(place, PARAMS)

  @functools.cached_property
  def trajectory(self):
    return self.run(COUNTS, self.numbers, jax.random.key(0))

  @functools.cached_property
  def moments(self):
    """The mask steps of `trajectory` one by one, on the host."""
    stacked = jax.device_get(self.trajectory.moments)
    return [
      jax.tree.map(lambda x, i=i: x[i], stacked)
      for i in range(len(self.mask_steps))
    ]

  def survivors(self, moment, step):
    """What the optimiser moved, less what was pruned before growth."""
    if self.updater.pruned is None:
      return self.updater.trained(moment.old)
    grads = jax.tree.map(lambda table: table[step], GRADS)
    return self.updater.pruned(
      grads, moment.old, moment.given, step=step, key=jax.random.key(0)
    )

  def first_moment(self, key):
    """The state at init and the first mask step: no jit, host numbers."""
    params, state = start(self.updater, PARAMS, key)
    return state, step_once(
      self.updater, params, state, self.mask_steps[0], key
    )[1]


def start(updater, params, key):
  """Stored params and the state at init."""
  state = updater.init(params, key=key, probe=PROBE)
  return stored_params(updater, params, state), state


def step_once(updater, params, state, step, key):
  """Observe, an optimiser's step, update; all with one gradient."""
  at_step = {'step': step, 'key': prng.at(key, step)}
  grads = jax.tree.map(lambda table: table[step], GRADS)
  old = updater.observe(grads, state, params, **at_step)
  allowed = masking.apply_masks(
    updater.regularise(grads, old, params, **at_step), updater.trained(old)
  )
  given = jax.tree.map(lambda p, g: p - 0.1 * g, params, allowed)
  params, new = updater.update(grads, old, given, **at_step)
  return (params, new), Moment(old, given, params, new)


@pytest.fixture(
  scope='session',
  params=[*registry.names(UPDATERS), *OPTIONS, 'own_methods.own_total'],
)
def case(request):
  """Each method in turn."""
  spec = OPTIONS.get(request.param, request.param)
  return Case(registry.resolve(spec, UPDATERS))
