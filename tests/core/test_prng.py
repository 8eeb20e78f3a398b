"""Named random streams."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import prng


def _data(key):
  return tuple(np.asarray(jax.random.key_data(key)).tolist())


def test_streams_differ_by_name_seed_and_step(key):
  keys = [
    prng.stream(root, name)
    for root in (key, jax.random.key(1))
    for name in ('init', 'masks', 'augment', 'dropout', 'order')
  ]
  keys += [prng.at(k, step) for k in keys for step in range(4)]
  assert len({_data(k) for k in keys}) == len(keys)


def test_a_stream_is_the_same_in_every_process(key):
  program = (
    'import jax; from jaxsparse.core import prng;'
    'k = prng.at(prng.stream(jax.random.key(0), "masks"), 3);'
    'print(*jax.random.key_data(k).tolist())'
  )
  done = subprocess.run(
    [sys.executable, '-c', program],
    check=True,
    capture_output=True,
    text=True,
  )
  here = _data(prng.at(prng.stream(key, 'masks'), 3))
  assert tuple(int(n) for n in done.stdout.split()) == here


def test_a_step_may_be_traced(key):
  traced = jax.jit(lambda step: prng.at(key, step))(7)
  assert _data(traced) == _data(prng.at(key, 7))


def test_leaf_keys_go_by_path_and_not_by_position(key):
  leaf = jnp.zeros(3)
  keys = prng.leaf_keys(key, {'a': {'kernel': leaf}, 'b': {'kernel': leaf}})
  alone = prng.leaf_keys(key, {'b': {'kernel': leaf}})
  assert _data(keys['a']['kernel']) != _data(keys['b']['kernel'])
  assert _data(keys['b']['kernel']) == _data(alone['b']['kernel'])
  assert _data(keys['a']['kernel']) == _data(prng.stream(key, 'a/kernel'))


@pytest.mark.parametrize('implementation', ['threefry2x32', 'rbg'])
@pytest.mark.parametrize('partitionable', [True, False])
def test_uniform_draws_the_numbers_of_jax(implementation, partitionable):
  key = jax.random.key(3, impl=implementation)
  with jax.threefry_partitionable(partitionable):
    for shape in ((), (0, 3), (7,), (3, 5, 2)):
      expected = jax.random.uniform(key, shape, jnp.float32)
      np.testing.assert_array_equal(prng.uniform(key, shape), expected)
