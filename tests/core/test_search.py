"""The searches for a threshold, against counts in numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxsparse.core import _search

SEARCHES = {
  'bisection': _search.bisection,
  'interpolation': _search.interpolation,
  'sampled': _search.sampled_interpolation,
}


@pytest.fixture(autouse=True, scope='module')
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


@pytest.mark.parametrize('name', SEARCHES)
def test_a_search_ends_at_the_count_or_at_one_class(name, monkeypatch):
  monkeypatch.setattr(_search, '_SAMPLED_FROM', 1000)
  rng = np.random.default_rng(1)
  keys = rng.integers(1, 2**32 - 3, 3000, np.uint32)
  keys[::3] = keys[0]
  search = jax.jit(
    lambda x, k: SEARCHES[name](
      [x], k, _search.above(np.uint32(0), jnp.uint32(3000))
    )
  )
  for k in (0, 1, 700, 1500, 2999, 3000):
    low, high, at_low, at_high = (int(v) for v in search(keys, jnp.uint32(k)))
    assert at_low == np.sum(keys >= low)
    assert at_low == k or (
      high == low + 1 and np.sum(keys > low) == at_high < k < at_low
    )


_probes = jax.jit(_search._probes)


@given(st.integers(0, 2**32 - 3), st.integers(0, 2**32 - 2), st.data())
def test_probes_lie_inside_the_bracket_and_one_halves_it(a, b, data):
  low, high = min(a, b), max(a, b) + 2
  at_low = data.draw(st.integers(1, 2**32 - 1))
  at_high = data.draw(st.integers(0, at_low - 1))
  k = data.draw(st.integers(at_high, at_low))
  bracket = _search.Bracket(*map(jnp.uint32, (low, high, at_low, at_high)))
  probes = np.asarray(_probes(bracket, jnp.uint32(k))).astype(np.int64)
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
  search = jax.jit(
    lambda x, k: _search.bisection(
      [x], k, _search.above(np.uint32(0), jnp.uint32(512))
    )
  )
  assert search(keys, jnp.uint32(100)).low == 412
  program = search.lower(keys, jnp.uint32(100)).compile().as_text()
  assert 'all-reduce' in program
  assert 'all-gather' not in program
  assert 'all-to-all' not in program
