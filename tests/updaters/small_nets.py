"""Small nets, their probes, and counts with a given sum."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.types import Probe


def glorot(sizes, seed):
  """Kernels of an MLP without biases, from Glorot's normal distribution."""
  random = np.random.default_rng(seed)
  return {
    f'layer_{i}': {
      'kernel': jnp.asarray(
        random.normal(0, np.sqrt(2 / (m + n)), (m, n)), jnp.float32
      )
    }
    for i, (m, n) in enumerate(itertools.pairwise(sizes))
  }


def apply(params, inputs):
  """An MLP of ReLUs."""
  *hidden, last = params.values()
  for layer in hidden:
    inputs = jax.nn.relu(inputs @ layer['kernel'])
  return inputs @ last['kernel']


def loss(params, batch, *, temperature=1.0):
  """The mean cross entropy."""
  logits = jax.nn.log_softmax(apply(params, batch[0]) / temperature)
  return -jnp.mean(jnp.take_along_axis(logits, batch[1][:, None], axis=1))


def probe(sizes, seed, examples=100):
  """Random examples of an MLP of these sizes."""
  random = np.random.default_rng(seed + 1000)
  inputs = random.normal(size=(examples, sizes[0])).astype(np.float32)
  labels = np.arange(examples, dtype=np.int32) % sizes[-1]
  return Probe(loss, [(inputs, labels)], apply, jnp.ones((1, sizes[0])))


def counts(params, total):
  """Counts of all leaves that sum to `total`, none of them a dense leaf."""
  leaves = jax.tree.leaves(params)
  out = [0] * len(leaves)
  for i, leaf in enumerate(leaves):
    out[i] = min(total - sum(out), leaf.size - 1)
  return jax.tree.unflatten(jax.tree.structure(params), out)


def active(masks):
  """Active weights of each layer, on the host."""
  return [int(np.sum(mask)) for mask in paths.flatten(masks).values()]


def flat(tree):
  """All leaves as one vector."""
  return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])
