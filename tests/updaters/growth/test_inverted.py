"""Growth where the gradient is smallest."""

import jax
import numpy as np
import pytest

from jaxsparse.core import masks as masking
from jaxsparse.updaters.growth.inverted import inverted
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.set import set as set_updater
from jaxsparse.updaters.snfs import snfs

SHAPE = (16, 24)
COUNTS = {'a': 90, 'b': 7, 'exempt': None}


def _tree(seed):
  random = np.random.default_rng(seed)
  return {name: random.normal(size=SHAPE).astype(np.float32) for name in COUNTS}


@pytest.mark.parametrize('method', [rigl, snfs])
def test_it_grows_the_flattest(method, key):
  """And drops as ever: those just dropped may come back, the kept stay."""
  usual = method(COUNTS, drop_fraction=0.4, stop_step=100)
  updater, grads = inverted(usual), _tree(1)
  state = updater.init(_tree(0), key=jax.random.key(3))
  params = masking.apply_masks(_tree(0), state.masks)
  state = updater.observe(grads, state, params, step=0, key=key)
  after, new = updater.update(grads, state, params, step=0, key=key)
  steep = usual.update(grads, state, params, step=0, key=key)[1].masks
  for name in 'ab':
    mask, weights = np.asarray(state.masks[name]), np.asarray(params[name])
    found, dropped = np.asarray(new.masks[name]), int(0.4 * COUNTS[name])
    size = np.where(mask, np.abs(weights), -1).ravel()
    kept = np.argsort(-size)[: COUNTS[name] - dropped]
    rest = np.setdiff1d(np.arange(mask.size), kept)
    flat = rest[np.argsort(np.abs(grads[name]).ravel()[rest])][:dropped]
    expected = np.union1d(kept, flat)
    np.testing.assert_array_equal(np.flatnonzero(found), expected)
    assert (found & steep[name]).sum() < COUNTS[name]
    np.testing.assert_array_equal(
      after[name], np.where(mask & found, weights, 0)
    )


def test_random_growth_is_refused():
  with pytest.raises(ValueError, match='inverted is True, of a method that gr'):
    inverted(set_updater(COUNTS, stop_step=10))
