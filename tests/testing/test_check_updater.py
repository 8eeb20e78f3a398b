"""The contract test of users: what it passes, what it catches, and its words.

Masks of the methods hold the first weights of each leaf, and at mask step 6
the last, so that next to nothing compiles.
"""

import os
import subprocess
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest

from jaxsparse.core import masks as masking
from jaxsparse.core.drop_grow import carry_over
from jaxsparse.core.types import Facts, MaskState, MaskUpdater
from jaxsparse.testing import check_updater


def flipped(params, counts, last=False):
  def leaf(param, count):
    place = jnp.arange(param.size).reshape(param.shape)
    place = jnp.where(last, param.size - 1 - place, place)
    return masking.shard_like(param, place < count)

  return masking.map_masks(leaf, params, counts)


def mine(counts, *, scale=1.0, halve=False):
  """Keeps every promise."""
  if halve:
    scale /= 2

  def init(params, *, key, probe=None):
    return MaskState(flipped(params, counts))

  def update(grads, state, params, *, step, key):
    new = flipped(params, counts, scale * step == 6)
    return carry_over(params, state.masks, new), state._replace(masks=new)

  facts = Facts(step_on_update=True, masks_only=True)
  return MaskUpdater(init, update, facts=facts)


def changed(counts, change):
  """`mine`, with what `change(step, old, params, state)` makes of an update."""
  updater = mine(counts)

  def update(grads, state, params, *, step, key):
    after = updater.update(grads, state, params, step=step, key=key)
    return change(step, params, *after)

  return updater._replace(update=update)


def of_kernel(tree, fn):
  """`tree` with another leaf `first/kernel`."""
  return tree | {
    'first': tree['first'] | {'kernel': fn(tree['first']['kernel'])}
  }


def wrong_count(counts):
  def change(step, old, params, state):
    grow = (step == 4) & (jnp.arange(16 * 24).reshape(16, 24) == 383)
    return params, MaskState(of_kernel(state.masks, lambda mask: mask | grow))

  return changed(counts, change)


def loose_invariant(counts):
  facts = Facts(invariant='total', step_on_update=True, masks_only=True)
  return mine(counts)._replace(facts=facts)


def exempt_mask(counts):
  def init(params, *, key, probe=None):
    return MaskState(flipped(params, counts | {'norm': {'scale': 24}}))

  def update(grads, state, params, *, step, key):
    return params, state

  return MaskUpdater(init, update)


def moved_survivors(counts):
  def change(step, old, params, state):
    return of_kernel(params, lambda x: jnp.where(step == 4, 2 * x, x)), state

  return changed(counts, change)


def kept_values(counts):
  def change(step, old, params, state):
    return of_kernel(params, lambda x: old['first']['kernel']), state

  return changed(counts, change)


def grown_at_one(counts):
  def change(step, old, params, state):
    start = jax.tree.map(lambda p: jnp.where(p == 0, 1.0, p), params)
    return masking.apply_masks(start, state.masks), state

  return changed(counts, change)


class Seen(NamedTuple):
  total: jax.Array


def secret_reader(counts):
  def init(params, *, key, probe=None):
    return MaskState(flipped(params, counts), Seen(jnp.float32(0)))

  def observe(grads, state, params, *, step, key):
    total = state.inner.total + jnp.sum(grads['first']['kernel'])
    return state._replace(inner=Seen(total))

  return mine(counts)._replace(init=init, observe=observe)


def python_count(counts):
  dense = counts['first']['kernel'] > 300
  return mine(jax.tree.map(lambda n: 384 if dense else n, counts))


def host_alone(counts):
  """Flips its masks where counts are integers of the host."""
  host = isinstance(counts['first']['kernel'], int)

  def init(params, *, key, probe=None):
    return MaskState(flipped(params, counts, last=host))

  return mine(counts)._replace(init=init)


def unpicklable(counts):
  class Local(NamedTuple):
    total: jax.Array

  def init(params, *, key, probe=None):
    return MaskState(flipped(params, counts), Local(jnp.float32(0)))

  return mine(counts)._replace(init=init)


@pytest.mark.parametrize(
  ('method', 'promise', 'words'),
  [
    (
      wrong_count,
      'active weights are as the invariant says',
      r"after mask step 4 'first/kernel' has (\d+) active weights; promised by"
      r" 'per_leaf' are \d+$",
    ),
    (
      loose_invariant,
      'active weights are as the invariant says',
      "facts.invariant is 'total', but .* declare 'per_leaf', which promises",
    ),
    (
      exempt_mask,
      'masks fit params and exempt leaves have none',
      r"after init the leaves \['first/kernel', 'norm/scale', 'second/kernel'\]"
      r" have a mask; promised are .*\['first/kernel', 'second/kernel'\]$",
    ),
    (
      moved_survivors,
      'update touches nothing but what it drops',
      r"at mask step 4, of weights that update does not drop: 'first/kernel' is"
      r' -?\d.* at \(\d+, \d+\), promised is -?\d.*; \d+ of 384 values differ$',
    ),
    (
      kept_values,
      'update touches nothing but what it drops',
      r'at mask step 6, outside the masks that update returns:'
      r" 'first/kernel' is -?\d.* at \(0, 0\), promised is 0.0; ",
    ),
    (
      grown_at_one,
      'masks only is declared where true alone',
      r"but at mask step 6 update .*: 'first/kernel' is 1.0 at \(\d+, \d+\),"
      ' promised is 0.0; ',
    ),
    (
      secret_reader,
      'gradients of dormant weights are read as declared',
      r'observe reads .* not trained at mask step 6, and facts.dense_batches is'
      ' 0; ',
    ),
    (
      python_count,
      'one program takes all mask steps',
      'it depends on the Python value of a count.*: Attempted boolean conv',
    ),
    (
      host_alone,
      'jit with traced values equals no jit',
      "masks at init, under jit .*: 'first/kernel' is True at .*, promised is"
      ' False',
    ),
    (
      unpicklable,
      'the state can be pickled',
      'cannot be pickled: .*Local.*; promised is a NamedTuple of arrays',
    ),
  ],
)
def test_a_broken_promise_is_named(method, promise, words):
  start = f'{method.__name__} breaks the contract, "{promise}": .*'
  with pytest.raises(AssertionError, match=f'^{start}{words}'):
    check_updater(method)


@pytest.mark.parametrize('options', [{}, {'scale': 2.0, 'halve': True}])
def test_a_method_that_keeps_its_promises_passes(options):
  check_updater(mine, **options)


def test_another_error_is_named_by_its_check():
  def fails(counts):
    def update(grads, state, params, *, step, key):
      raise KeyError('third')

    return mine(counts)._replace(update=update)

  words = "fails breaks .*all mask steps\": KeyError: 'third'"
  with pytest.raises(AssertionError, match=words) as raised:
    check_updater(fails)
  assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize(
  ('method', 'error', 'words'),
  [
    (lambda counts: None, TypeError, 'returns None; accepted is a MaskUpdater'),
    (mine({}), TypeError, 'got a MaskUpdater; accepted is the function'),
    ('rigll', ValueError, "'rigll' is not one of updaters: .*mean 'rigl'"),
  ],
)
def test_what_is_no_builder_is_refused(method, error, words):
  with pytest.raises(error, match=words):
    check_updater(method)


@pytest.mark.slow
def test_one_device_and_no_pytest_will_do():
  code = (
    'import jax, sys; from jaxsparse.testing import check_updater;'
    'check_updater("own_methods.own_total");'
    'print(len(jax.devices()), "pytest" in sys.modules)'
  )
  here = os.path.dirname(__file__)
  path = os.pathsep.join([os.path.join(here, '..', 'updaters'), *sys.path])
  flags = os.environ['XLA_FLAGS'].split()
  flags = [flag for flag in flags if 'device_count' not in flag]
  ended = subprocess.run(
    [sys.executable, '-c', code],
    env={**os.environ, 'PYTHONPATH': path, 'XLA_FLAGS': ' '.join(flags)},
    capture_output=True,
    text=True,
    check=False,
  )
  assert (ended.stdout, ended.returncode) == ('1 False\n', 0), ended.stderr
