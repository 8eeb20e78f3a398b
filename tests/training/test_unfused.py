"""Programs without fusion: the bits of operations that run one by one."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.training import unfused


def _drawn(key, scale):
  drawn = jax.random.normal(key, (64, 30))
  large = jnp.sum(drawn > 1, axis=0, keepdims=True, dtype=jnp.float32)
  return {'drawn': jnp.sqrt(scale / large) * drawn, 'share': large / 300}


def _bits(tree):
  return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


def test_bits_are_those_of_the_operations_alone():
  arguments = jax.random.key(3), np.float32(2)
  alone = _drawn(*arguments)
  assert _bits(unfused.jit(_drawn)(*arguments)) == _bits(alone)
  assert _bits(jax.jit(_drawn)(*arguments)) != _bits(alone)


@pytest.mark.slow
def test_bits_are_those_of_the_operations_alone_at_the_usual_level():
  code = (
    'import test_unfused; test_unfused.test_bits_are_those_of_the_operations_'
    'alone()'
  )
  outside = {k: v for k, v in os.environ.items() if k != 'XLA_FLAGS'}
  path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
  subprocess.run(
    [sys.executable, '-c', code], env=outside | {'PYTHONPATH': path}, check=True
  )


def test_what_no_output_needs_is_left_out():
  def fn(x):
    jnp.linalg.svd(x)
    return {'x': x + 1, 'same': x, 'one': jnp.int32(1)}

  traced = unfused.jit(fn).trace(np.zeros((2, 2), np.float32))
  names = {eqn.primitive.name for eqn in traced.jaxpr.eqns}
  assert 'add' in names
  assert 'svd' not in str(traced.jaxpr)


def test_errors_are_those_of_the_function():
  def fn(x):
    raise ValueError(f'shape {x.shape}')

  with pytest.raises(ValueError, match=r'shape \(2,\)'):
    unfused.jit(fn)(np.zeros(2))
