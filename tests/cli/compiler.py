"""A process that compiles with the cache of the programs, and prints results.

Usage: compiler.py FOLDER [full | reader], FOLDER '' for the default.
"""

import logging
import os
import resource
import sys

import jax
import jax.numpy as jnp

from jaxsparse.cli import compilation_cache


@jax.jit
def attenuate(x):
  return jnp.exp(-x) * jnp.sin(x) + x.sum()


@jax.jit
def amplify(x):
  return (x @ x.T).cumsum(0)


@jax.jit
def alternate(x):
  return jnp.cos(x).sum(1) - x[0]


folder, *rest = sys.argv[1:]
logging.basicConfig(format='%(message)s', level=logging.INFO)
compilation_cache.use(folder or None)
if rest == ['full']:
  # No file may grow beyond this, as on a disk with that much left.
  resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
if rest == ['reader'] and os.geteuid() == 0:
  os.seteuid(65534)  # Root may write anywhere.
x = jnp.linspace(0.0, 1.0, 64).reshape(8, 8)
for f in (attenuate, amplify, alternate):
  print(f.__name__, jax.device_get(f(x)).tobytes().hex())
