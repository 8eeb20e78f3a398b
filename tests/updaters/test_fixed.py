"""The methods whose masks never change: dense and static."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import masks as masking
from jaxsparse.updaters.dense import dense
from jaxsparse.updaters.static import static

SHAPE = (16, 24)
COUNTS = {'w': 50, 'exempt': None}
PARAMS = {name: jnp.ones(SHAPE) for name in COUNTS}


@pytest.mark.parametrize('method', [dense, static])
def test_update_is_the_identity(method, key):
  updater = method(COUNTS)
  state = updater.init(PARAMS, key=key)
  params, new = updater.update(None, state, PARAMS, step=0, key=key)
  assert params is PARAMS
  assert new is state
  assert updater.facts.mask_steps == 'none'


def test_dense_ignores_the_numbers(key):
  for count in (0, 50, 10**9):
    state = dense(COUNTS | {'w': count}).init(PARAMS, key=key)
    assert state.masks['w'].all()
    assert state.masks['exempt'] is None


def test_static_draws_the_counts_at_random(key):
  draws = [
    static(COUNTS).init(PARAMS, key=jax.random.key(seed)).masks
    for seed in range(4)
  ]
  assert [masking.active_by_path(m) for m in draws] == [{'w': 50}] * 4
  assert len({np.asarray(m['w']).tobytes() for m in draws}) == 4
