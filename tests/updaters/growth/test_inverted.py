"""Growth where the gradient is smallest."""

import functools

import numpy as np
import pytest
from plain_numpy import drop_grow, normal, start

from jaxsparse.updaters.growth.inverted import inverted
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.set import set as set_updater
from jaxsparse.updaters.snfs import snfs

SHAPE = (16, 24)
COUNTS = {'a': 90, 'b': 7, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))


@pytest.mark.parametrize('method', [rigl, snfs])
def test_it_grows_the_flattest(method, key):
  """And drops as ever: those just dropped may come back, the kept stay."""
  usual = method(COUNTS, drop_fraction=0.4, stop_step=100)
  updater, grads = inverted(usual), _tree(1)
  state, params = start(updater, _tree(0))
  state = updater.observe(grads, state, params, step=0, key=key)
  after, new = updater.update(grads, state, params, step=0, key=key)
  steep = usual.update(grads, state, params, step=0, key=key)[1].masks
  for name in 'ab':
    mask, weights, found = state.masks[name], params[name], new.masks[name]
    kept, flat = drop_grow(
      mask, weights, -np.abs(grads[name]), int(0.4 * COUNTS[name])
    )
    np.testing.assert_array_equal(found, kept | flat)
    assert (found & steep[name]).sum() < COUNTS[name]
    expected = np.where(mask & found, weights, 0)
    np.testing.assert_array_equal(after[name], expected)


def test_random_growth_is_refused():
  with pytest.raises(ValueError, match='inverted is True, of a method that gr'):
    inverted(set_updater(COUNTS, stop_step=10))
