"""Smart ratios against plain arithmetic in floats, and cases by hand."""

import math

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.core import paths
from jaxsparse.core.distributions.smart_ratio import smart_ratio
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.core.types import SparsityError

PROFILES = ('quadratic', 'linear', 'cubic', 'ascending', 'uniform')


def _params(shapes):
  return {
    f'conv_{i}': {'kernel': jax.ShapeDtypeStruct(shape, np.float32)}
    for i, shape in enumerate(shapes)
  }


def _vgg19():
  """The kernels of GraSP's VGG-19 for CIFAR-10."""
  widths = (3, 64, 64, 128, 128, *[256] * 4, *[512] * 8)
  convs = [(3, 3, a, b) for a, b in zip(widths, widths[1:], strict=False)]
  return _params([*convs, (512, 10)])


def _by_layer(counts):
  return [count for _, count in sorted(_numbered(counts).items())]


def _numbered(counts):
  return {
    int(path.split('/')[0].split('_')[1]): count
    for path, count in paths.flatten(counts).items()
  }


def _sizes(params):
  return [math.prod(leaf['kernel'].shape) for leaf in params.values()]


def _authors(sizes, sparsity, profile, by_square):
  """Densities as their code has them: float arithmetic, one pass."""
  n = len(sizes)
  heights = np.arange(n, 0, -1.0)
  ratio = {
    'quadratic': heights**2 + heights,
    'linear': heights,
    'cubic': heights**3,
    'ascending': heights[::-1] ** 2 + heights[::-1],
    'uniform': np.ones(n),
  }[profile]
  if by_square:
    ratio = ratio / np.arange(1.0, n + 1) ** 2
  sizes = np.array(sizes, np.float64)
  goal = sizes.sum() * (1 - sparsity) - 0.3 * sizes[-1]
  ratio *= goal / (ratio * sizes)[:-1].sum()
  extra = 0.0
  for i in range(n - 1):
    wanted = ratio[i] * sizes[i] + extra
    ratio[i] = min(1.0, wanted / sizes[i])
    extra = wanted - ratio[i] * sizes[i]
  ratio[-1] = 0.3
  return ratio


@pytest.mark.parametrize('by_square', [False, True])
@pytest.mark.parametrize('profile', PROFILES)
@pytest.mark.parametrize('sparsity', [0.9, 0.95, 0.98])
def test_densities_of_vgg19_are_the_authors(sparsity, profile, by_square):
  params = _vgg19()
  sizes = _sizes(params)
  counts = _by_layer(
    smart_ratio(params, sparsity, profile=profile, by_square=by_square)
  )
  assert sum(counts) == sum(paths.flatten(uniform(params, sparsity)).values())
  expected = _authors(sizes, sparsity, profile, by_square)
  for i, (count, size, density) in enumerate(
    zip(counts, sizes, expected, strict=True)
  ):
    # Each layer's part of the target is rounded up, by 17 weights in all.
    assert abs(count - density * size) <= 18, i
  assert counts[-1] == 1536


def test_by_hand():
  """Of 140 weights 70: 3 of the head, 67 as 12 x 30 to 6 x 100."""
  params = _params([(5, 6), (10, 10), (1, 10)])
  # 25.125 and 41.875.
  assert _by_layer(smart_ratio(params, 0.5)) == [25, 42, 3]
  # 3 x 30 to 2 x 100: 20.79 and 46.21.
  assert _by_layer(smart_ratio(params, 0.5, profile='linear')) == [21, 46, 3]
  # 12 x 30 to 6 / 4 x 100: 47.3, where there is room for 30.
  assert _by_layer(smart_ratio(params, 0.5, by_square=True)) == [30, 37, 3]
  # 2 x 30 to 6 x 100: 6.09 and 60.91.
  assert _by_layer(smart_ratio(params, 0.5, profile='ascending')) == [6, 61, 3]
  # 22.5 and 37.5: of equal remainders the first is rounded up.
  assert _by_layer(smart_ratio(params, 0.5, head_density=1)) == [23, 37, 10]


def test_a_layer_keeps_a_weight_for_which_the_largest_pays():
  params = _params([(40, 40), (1, 2), (1, 2), (1, 2), (1, 10)])
  # 84 less 3, of which a layer of two weights would have 0.1 and less.
  counts = _by_layer(smart_ratio(params, 0.95, profile='cubic'))
  assert counts == [78, 1, 1, 1, 3]


def test_what_the_last_layer_cannot_hold_goes_to_the_first():
  params = _params([(10, 10), (2, 5), (1, 10)])
  # 60 less the head's 3, as 2 x 100 to 6 x 10: 43.8, and 13.2 of 10.
  counts = _by_layer(smart_ratio(params, 0.5, profile='ascending'))
  assert counts == [47, 10, 3]


shapes = st.lists(
  st.lists(st.integers(1, 30), min_size=2, max_size=4).map(tuple),
  min_size=2,
  max_size=8,
)
sparsities = st.integers(0, 999).map(lambda n: f'0.{n:03d}')


@given(shapes, sparsities, st.sampled_from(PROFILES), st.booleans())
def test_counts_have_the_sum_of_uniform(shapes, sparsity, profile, by_square):
  params = _params(shapes)
  sizes = _sizes(params)
  target = sum(paths.flatten(uniform(params, sparsity)).values())
  head = -(-3 * sizes[-1] // 10)
  try:
    counts = _by_layer(
      smart_ratio(params, sparsity, profile=profile, by_square=by_square)
    )
  except SparsityError:
    assert not len(sizes) - 1 <= target - head <= sum(sizes[:-1])
    return
  assert sum(counts) == target
  assert counts[-1] == head
  for count, size in zip(counts, sizes, strict=True):
    assert 0 < count <= size


def test_the_order_is_that_of_use():
  params = {
    name: {'kernel': jax.ShapeDtypeStruct((20, 20), np.float32)}
    for name in 'abc'
  }
  order = ['c/bias', 'c/kernel', 'a/kernel', 'b/kernel']
  counts = paths.flatten(smart_ratio(params, 0.6, order=order))
  # 480 less the head's 120, as 12 to 6.
  assert counts == {'c/kernel': 240, 'a/kernel': 120, 'b/kernel': 120}
  assert paths.flatten(smart_ratio(params, 0.6))['a/kernel'] == 240
  with pytest.raises(ValueError, match='order lacks a/kernel, b/kernel'):
    smart_ratio(params, 0.6, order=['c/kernel'])


def test_custom_leaves_do_not_count_as_layers():
  params = _params([(10, 10), (5, 6), (10, 10), (1, 10)])
  custom = {'conv_0/*': 0}
  rest = _params([(5, 6), (10, 10), (1, 10)])
  expected = [100, *_by_layer(smart_ratio(rest, 0.5))]
  assert _by_layer(smart_ratio(params, 0.5, custom=custom)) == expected
  assert _by_layer(smart_ratio(params, 0.5, dense_first=True)) == expected
  paid = smart_ratio(params, 0.5, custom=custom, custom_in_budget=True)
  assert sum(_by_layer(paid)) == 120
  # A head of one's own is as it is given.
  head = _by_layer(smart_ratio(rest, 0.5, custom={'conv_2/kernel': 0}))
  assert head == [24, 41, 10]


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'sparsity': 1}, r'sparsity is 1'),
    ({'sparsity': 0.99}, 'leaves 0 active weights for 130 places in 2 layers'),
    ({'sparsity': 0.01}, 'leaves 136 active weights for 130 places'),
    ({'head_density': 0}, r'head_density is 0; accepted .* \(0, 1\]'),
    ({'head_density': 1.5}, 'head_density is 1.5'),
  ],
)
def test_what_cannot_be_met(changes, message):
  params = _params([(10, 10), (5, 6), (1, 10)])
  with pytest.raises(SparsityError, match=message):
    smart_ratio(params, **{'sparsity': 0.5} | changes)


def test_one_layer_is_a_head_alone():
  params = _params([(10, 10)])
  assert _by_layer(smart_ratio(params, 0.7)) == [30]
  with pytest.raises(SparsityError, match='0 layers'):
    smart_ratio(params, 0.5)


def test_an_unknown_profile_has_a_nearest_name():
  with pytest.raises(ValueError, match="Did you mean 'quadratic'"):
    smart_ratio(_params([(5, 5)] * 3), 0.5, profile='quadratc')
