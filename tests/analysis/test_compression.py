"""Compressed MLPs: their outputs, and their sizes by a slow walk."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.analysis import compression, widths
from jaxsparse.analysis.compression import compress
from jaxsparse.analysis.flops import bitmask_bytes
from jaxsparse.models.mlp import mlp


def outputs(params, masks, x):
  """The masked net, in float64."""
  names = sorted(params)
  for name in names:
    kernel = np.asarray(params[name]['kernel'], np.float64)
    mask = masks[name]['kernel']
    kernel = kernel if mask is None else np.where(mask, kernel, 0)
    x = x @ kernel + np.asarray(params[name].get('bias', 0), np.float64)
    x = x if name == names[-1] else np.maximum(x, 0)
  return x


def net(sizes, density, seed, *, dense=(), biases=True):
  random = np.random.default_rng(seed)
  params, masks = {}, {}
  for i, shape in enumerate(zip(sizes, sizes[1:], strict=False)):
    kernel = random.normal(size=shape).astype(np.float32)
    params[f'Dense_{i}'] = {'kernel': kernel}
    if biases:
      bias = random.normal(size=shape[1]).astype(np.float32)
      params[f'Dense_{i}']['bias'] = bias
    mask = None if i in dense else random.random(shape) < density
    masks[f'Dense_{i}'] = {'kernel': mask, 'bias': None}
  return params, masks


def lasting(sizes, masks):
  """Units that an input reaches by way of connections, and that reach on.

  By removing one unit at a time, in no order, until none is to be removed.
  """
  links = set()
  for layer, shape in enumerate(zip(sizes, sizes[1:], strict=False)):
    mask = masks[f'Dense_{layer}']['kernel']
    mask = np.ones(shape, bool) if mask is None else mask
    links |= {((layer, i), (layer + 1, j)) for i, j in np.argwhere(mask)}
  last = len(sizes) - 1
  units = {(layer, i) for layer, n in enumerate(sizes) for i in range(n)}
  while True:
    gone = {
      unit
      for unit in units
      if unit[0] < last
      and not any(a == unit for a, _ in links)
      or 0 < unit[0] < last
      and not any(b == unit for _, b in links)
    }
    if not gone:
      return units
    unit = max(gone)
    units.remove(unit)
    links = {link for link in links if unit not in link}


@given(
  st.lists(st.integers(1, 7), min_size=2, max_size=5),
  st.sampled_from([0.05, 0.15, 0.3, 0.6, 1.0]),
  st.integers(0, 2**16),
  st.booleans(),
)
def test_outputs_are_equal_and_nothing_idle_is_left(
  sizes, density, seed, biases
):
  params, masks = net(sizes, density, seed, biases=biases)
  small = compress(params, masks)
  x = np.random.default_rng(seed).normal(size=(11, sizes[0]))
  found = outputs(small.params, small.masks, x[:, small.units[0]])
  np.testing.assert_allclose(
    found, outputs(params, masks, x), rtol=1e-5, atol=1e-5
  )
  np.testing.assert_allclose(
    compression.outputs(small, x.astype(np.float32)),
    found,
    rtol=1e-4,
    atol=1e-4,
  )
  left = {(i, u) for i, of in enumerate(small.units) for u in of.tolist()}
  assert left == lasting(sizes, masks)
  again = compress(small.params, small.masks)
  assert [len(of) for of in again.units] == [len(of) for of in small.units]


def test_a_layer_that_is_dense_stays_so():
  params, masks = net((6, 5, 4), 0.2, 3, dense=(1,))
  small = compress(params, masks)
  assert small.masks['Dense_1']['kernel'] is None
  hidden = masks['Dense_0']['kernel'].any(axis=0)
  np.testing.assert_array_equal(small.units[1], np.flatnonzero(hidden))
  np.testing.assert_array_equal(
    small.params['Dense_1']['kernel'], params['Dense_1']['kernel'][hidden]
  )


def test_the_net_of_the_paper_has_its_size():
  # Table of Appendix B: 408-100-69 at 87.0 % takes 12.6 kFLOPs and 31,914
  # bytes. Of 300 and 100 units, those are left that have connections.
  random = np.random.default_rng(0)
  params, masks = net((784, 300, 100, 10), 0, 0, dense=(2,))
  inputs, first, second = (
    np.sort(random.choice(n, size, replace=False))
    for n, size in ((784, 408), (300, 100), (100, 69))
  )
  active = 5500
  mask = np.zeros((408, 100), bool)
  mask[np.arange(408), np.arange(408) % 100] = True
  free = random.permutation(np.flatnonzero(~mask))[: active - mask.sum()]
  mask.flat[free] = True
  masks['Dense_0']['kernel'][np.ix_(inputs, first)] = mask
  masks['Dense_1']['kernel'][
    first[np.arange(100)], second[np.arange(100) % 69]
  ] = True
  small = compress(params, masks)
  # The 31 others are constants for a last layer that is dense.
  assert [len(units) for units in small.units] == [408, 100, 69, 10]
  kept, weights = active + 100 + 690, 408 * 100 + 100 * 69 + 690
  assert widths.parameters(small.params, small.masks) == kept + 179
  assert 1 - kept / weights == pytest.approx(0.870, abs=5e-4)
  assert 2 * kept == pytest.approx(12.6e3, rel=2e-3)
  found = bitmask_bytes(small.params, small.masks)
  assert found == 4 * (kept + 179) + 5100 + 863
  # They count bits of the last layer too.
  assert found + 87 == pytest.approx(31_914, rel=5e-4)


def test_it_is_a_net_of_the_same_kind():
  params, masks = net((9, 6, 5, 3), 0.3, 5)
  small = compress(params, masks)
  x = np.random.default_rng(1).normal(size=(4, 9)).astype(np.float32)
  sizes = [len(units) for units in small.units]
  module = mlp(features=sizes[1:-1], num_classes=3)
  found = module.apply({'params': small.params}, x[:, small.units[0]])
  np.testing.assert_allclose(
    found, outputs(params, masks, x), rtol=1e-5, atol=1e-5
  )


def test_what_is_no_mlp_is_refused():
  params, masks = net((6, 5, 4), 0.5, 0)
  other, _ = net((3, 4), 0.5, 0)
  other = params | {'Dense_1': other['Dense_0']}
  with pytest.raises(ValueError, match="'Dense_1' takes 3 inputs"):
    compress(other, {})
  with pytest.raises(ValueError, match="'Conv_0': its kernel has shape"):
    compress({'Conv_0': {'kernel': np.ones((3, 3, 1, 2))}}, {})
  with pytest.raises(ValueError, match="'norm' is no dense layer"):
    compress({'norm': {'scale': np.ones(3)}}, {})
  with pytest.raises(ValueError, match=r'the mask \(4, 5\)'):
    compress(params, {'Dense_0': {'kernel': np.ones((4, 5), bool)}})
  with pytest.raises(ValueError, match="'Dense_0/kernel' has dtype float64"):
    compress(params, {'Dense_0': {'kernel': np.ones((6, 5))}})
  with pytest.raises(ValueError, match="'Dense_2/kernel' has no parameter"):
    compress(params, {'Dense_2': {'kernel': np.ones((5, 4), bool)}})


def test_a_constant_needs_a_bias_to_go_to():
  params, masks = net((3, 2, 1), 1.0, 0)
  params['Dense_0']['bias'][:] = 1
  masks['Dense_0']['kernel'][:, 0] = False
  del params['Dense_1']['bias']
  with pytest.raises(ValueError, match="'Dense_1' has no bias that could"):
    compress(params, masks)
  params['Dense_0']['bias'][:] = -1
  assert compress(params, masks).units[1].tolist() == [1]
