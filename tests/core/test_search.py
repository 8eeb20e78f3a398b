"""The searches for a threshold, against counts in numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxsparse.core import _probes, _search

SEARCHES = {
  'bisection': (_search.bisection, 0),
  'interpolation': (_search.interpolation, 1 << 16),
  'sampled': (_search.interpolation, 1000),
}
NONE = np.zeros(1, np.uint32)


@pytest.fixture(autouse=True, scope='module')
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


@pytest.mark.parametrize('name', SEARCHES)
def test_a_search_ends_at_the_count_or_among_places(name, monkeypatch):
  search, sampled_from = SEARCHES[name]
  monkeypatch.setattr(_probes, '_SAMPLED_FROM', sampled_from)
  rng = np.random.default_rng(1)
  keys = rng.integers(1, 2**32 - 3, 3000, np.uint32)
  keys[::3] = keys[0]
  jitted = jax.jit(lambda x, k: search([[x]], k[None], NONE))
  for k in (0, 1, 700, 1500, 2999, 3000):
    found = jitted(keys, jnp.uint32(k))
    low, at_low, left, tied = (
      int(v[0]) for v in (found.low, found.at_low, found.k, found.tied)
    )
    assert at_low == left
    if not tied:
      assert left == k == np.sum(keys >= low)
    else:
      above = np.sum(keys > tied)
      assert above + left == k < np.sum(keys >= tied)
      # Places fall from 2^32 - 3 by one a key.
      assert np.sum((keys == tied)[: 2**32 - 3 - low + 1]) == left


_inside = jax.jit(_probes.inside)


@given(st.integers(0, 2**32 - 3), st.integers(0, 2**32 - 2), st.data())
def test_probes_lie_inside_the_bracket_and_one_halves_it(a, b, data):
  low, high = min(a, b), max(a, b) + 2
  at_low = data.draw(st.integers(1, 2**32 - 1))
  at_high = data.draw(st.integers(0, at_low - 1))
  k = data.draw(st.integers(at_high, at_low))
  state = np.array([[low], [high], [at_low - k], [k - at_high]], np.uint32)
  probes = np.asarray(_inside(*state))[0].astype(np.int64)
  assert np.all((low < probes) & (probes < high))
  error = np.abs(probes - (low + high) / 2).min()
  assert error <= 1 + (high - low) * 2.0**-22


@pytest.fixture(params=['Auto', 'Explicit'])
def mesh(request):
  kind = getattr(AxisType, request.param)
  return jax.make_mesh((8,), ('x',), axis_types=(kind,))


def test_bisection_moves_no_sharded_keys(mesh):
  columns = NamedSharding(mesh, P(None, 'x'))
  keys = jax.device_put(np.arange(512, dtype=np.uint32).reshape(8, 64), columns)
  search = jax.jit(lambda x, k: _search.bisection([[x]], k[None], NONE))
  assert search(keys, jnp.uint32(100)).low == 412
  program = search.lower(keys, jnp.uint32(100)).compile().as_text()
  assert 'all-reduce' in program
  assert 'all-gather' not in program
  assert 'all-to-all' not in program
