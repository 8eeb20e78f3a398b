"""Shares of negative eigenvalues, against all eigenvectors of a Hessian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analyses.density import density
from jaxsparse.analyses.negative_share import negative_share
from jaxsparse.analyses.spectrum import spectrum
from jaxsparse.core import prng
from jaxsparse.data import datasets
from jaxsparse.training.checkpoints import load_params

FEW, ALL = 40, 90


@pytest.fixture(scope='module')
def found(runs):
  """With so many steps that the quadrature of a probe is exact."""
  return negative_share(
    [runs.rigl],
    step=5,
    examples=FEW,
    all_examples=ALL,
    num_probes=1,
    num_steps=400,
    batch_size=25,
  )


def test_exact_steps_give_the_probes_own_share(runs, found):
  """With v of signs it is the part of v in negative eigenvectors."""
  for suffix, examples in (('', FEW), ('_all', ALL)):
    for side, step in (('before', 5), ('after', 6)):
      values, vectors = eigen(runs.rigl, step, examples)
      key = prng.stream(jax.random.key(0), 'probes')
      heads = jax.random.bernoulli(key, np.float32(0.5), (1, len(values)))
      signs = np.where(heads[0], 1.0, -1.0)
      parts = (signs @ vectors) ** 2 * (values < -1e-3)
      share, total = (
        found[f'negative_{what}_{side}{suffix}'] for what in ('share', 'total')
      )
      assert share == pytest.approx(parts.sum() / len(values), rel=1e-2)
      assert total == pytest.approx(parts @ values, rel=1e-2)


def eigen(root, step, examples):
  """Eigenvalues and vectors, of `jax.hessian` cut down to active weights."""
  params, masks = load_params(root / 'checkpoints' / str(step))
  flat, unravel = jax.flatten_util.ravel_pytree(params)
  train = datasets.load('digits').train
  images = jnp.float32(train.images[:examples].reshape(examples, -1) / 16)
  labels = jnp.asarray(train.labels[:examples])

  def loss(flat):
    first, second = (unravel(flat)[f'Dense_{i}'] for i in (0, 1))
    hidden = jax.nn.relu(images @ first['kernel'] + first['bias'][None])
    logits = hidden @ second['kernel'] + second['bias'][None]
    chosen = jax.nn.log_softmax(logits)[jnp.arange(examples), labels]
    return -jnp.mean(chosen)

  active = jax.tree.map(lambda p: np.ones(p.shape, bool), params)
  for layer, mask in masks.items():
    active[layer]['kernel'] = np.asarray(mask['kernel'])
  active = np.concatenate([m.ravel() for m in jax.tree.leaves(active)])
  matrix = np.float64(jax.jit(jax.hessian(loss))(flat))[active][:, active]
  return np.linalg.eigh((matrix + matrix.T) / 2)


@pytest.mark.slow
def test_it_is_near_the_exact_share_on_the_same_examples(runs):
  options = {'step': 5, 'examples': FEW, 'all_examples': ALL, 'num_probes': 16}
  found = negative_share([runs.rigl], **options)
  for suffix, examples in (('', FEW), ('_all', ALL)):
    exact = spectrum([runs.rigl], step=5, examples=examples)
    size = len(exact.table['eigenvalue'])
    share = exact.numbers['negative_eigenvalues'] / size
    # v' P v deviates by at most root 2 k, of k negative ones, in each probe.
    bound = 4 * np.sqrt(2 * share * size / 16) / size
    assert abs(found[f'negative_share_before{suffix}'] - share) < bound


def test_it_is_what_the_density_has(runs):
  options = {'num_probes': 1, 'num_steps': 9, 'seed': 3}
  found = negative_share(
    [runs.rigl], step=5, examples=FEW, all_examples=ALL, **options
  )
  whole = density([runs.rigl], step=6, examples=ALL, **options).numbers
  share = whole['negative_eigenvalues'] / whole['active_weights']
  assert found['negative_share_after_all'] == pytest.approx(share)


def test_all_is_the_whole_split(runs):
  options = {'step': 5, 'examples': FEW, 'num_probes': 1, 'num_steps': 4}
  number = len(datasets.load('digits').train.labels)
  whole, same = (
    negative_share([runs.rigl], **options, **more)
    for more in ({}, {'all_examples': number})
  )
  assert whole == same


def test_only_a_mask_step_is_taken(runs):
  with pytest.raises(ValueError, match='not change at step 6; they do at mult'):
    negative_share([runs.rigl], step=6)
