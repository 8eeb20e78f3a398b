"""Top-k of leaves that lie on several devices, against one device."""

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxsparse.core import _probes
from jaxsparse.core.topk import topk_mask, topk_masks


@pytest.fixture(autouse=True, scope='module')
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


@pytest.fixture(params=['Auto', 'Explicit'])
def mesh(request):
  kind = getattr(AxisType, request.param)
  return jax.make_mesh((8,), ('x',), axis_types=(kind,))


@pytest.mark.parametrize('decimals', [1, 7])
def test_a_column_sharded_leaf_equals_one_device(mesh, decimals, monkeypatch):
  monkeypatch.setattr(_probes, '_SAMPLED_FROM', 1000)
  rng = np.random.default_rng(5)
  scores = np.round(rng.standard_normal((48, 64)), decimals)
  tree = {'a': scores.astype(np.float32), 'b': np.float32(rng.random(99))}
  columns = NamedSharding(mesh, P(None, 'x'))
  sharded = {'a': jax.device_put(tree['a'], columns), 'b': tree['b']}
  got = jax.jit(topk_masks)(sharded, 700)
  assert got['a'].sharding.is_equivalent_to(columns, 2)
  want = topk_masks(tree, 700)
  jax.tree.map(np.testing.assert_array_equal, got, want)
  assert sum(np.sum(mask) for mask in jax.tree.leaves(got)) == 700


def test_each_device_by_itself_under_shard_map(mesh):
  scores = np.random.default_rng(6).standard_normal((8, 60))
  scores = np.round(scores, 1).astype(np.float32)
  rows = P('x', None)
  fn = jax.shard_map(
    lambda s: topk_mask(s, 20), mesh=mesh, in_specs=rows, out_specs=rows
  )
  got = jax.jit(fn)(jax.device_put(scores, NamedSharding(mesh, rows)))
  for row, mask in zip(scores, np.asarray(got), strict=True):
    np.testing.assert_array_equal(mask, topk_mask(row, 20))


def test_each_device_its_own_count_under_shard_map(mesh):
  scores = np.random.default_rng(8).standard_normal(60).astype(np.float32)
  counts = np.arange(0, 64, 8, dtype=np.int32)
  fn = jax.shard_map(
    lambda s, k: topk_mask(s, k[0])[None],
    mesh=mesh,
    in_specs=(P(None), P('x')),
    out_specs=P('x', None),
  )
  placed = jax.device_put(counts, NamedSharding(mesh, P('x')))
  everywhere = jax.device_put(scores, NamedSharding(mesh, P(None)))
  masks = np.asarray(jax.jit(fn)(everywhere, placed))
  for k, mask in zip(counts, masks, strict=True):
    np.testing.assert_array_equal(mask, topk_mask(scores, int(k)))
