"""Published and hand-worked figures of the distributions."""

import math
from fractions import Fraction

import equinox as eqx
import jax
import numpy as np
import pytest

from jaxsparse.core import fans, paths
from jaxsparse.core.distributions import _budget
from jaxsparse.core.distributions.er import er
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.distributions.layer_map import layer_map
from jaxsparse.core.distributions.uniform import uniform


def _shape(*shape):
  return jax.ShapeDtypeStruct(shape, np.float32)


def _resnet50():
  """The 54 kernels of ResNet-50 for ImageNet, and two leaves without mask."""
  tree = {
    'conv1': {'kernel': _shape(7, 7, 3, 64)},
    'fc': {'kernel': _shape(2048, 1000), 'bias': _shape(1000)},
    'bn': {'scale': _shape(64)},
  }
  width_in = 64
  for stage, (blocks, width) in enumerate(
    [(3, 64), (4, 128), (6, 256), (3, 512)], start=2
  ):
    tree[f'res{stage}a_proj'] = {'kernel': _shape(1, 1, width_in, 4 * width)}
    for block in 'abcdef'[:blocks]:
      name = f'res{stage}{block}'
      tree[f'{name}_1x1a'] = {'kernel': _shape(1, 1, width_in, width)}
      tree[f'{name}_3x3b'] = {'kernel': _shape(3, 3, width, width)}
      tree[f'{name}_1x1c'] = {'kernel': _shape(1, 1, width, 4 * width)}
      width_in = 4 * width
  return tree


RESNET50 = _resnet50()
SIZES = {
  path: math.prod(leaf.shape)
  for path, leaf in paths.flatten(RESNET50).items()
  if path.endswith('kernel')
}
LENET = {
  'layer1': {'kernel': _shape(784, 300), 'bias': _shape(300)},
  'layer2': {'kernel': _shape(300, 100), 'bias': _shape(100)},
  'layer3': {'kernel': _shape(100, 10), 'bias': _shape(10)},
}

# Densities by layer at sparsities 0.8, 0.9, 0.95 and 0.965.
ERK_DENSITIES = {
  'conv1': (0.8572, 0.4200, 0.2098, 0.1469),
  'res2a_1x1a': (1.0, 1.0, 0.7735, 0.5415),
  'res2a_3x3b': (0.3619, 0.1773, 0.0886, 0.0620),
  'res2a_1x1c': (1.0, 0.9588, 0.4790, 0.3353),
  'res3a_1x1a': (1.0, 0.5747, 0.2871, 0.2010),
  'res3a_3x3b': (0.1769, 0.0867, 0.0433, 0.0303),
  'res3a_1x1c': (0.9753, 0.4779, 0.2388, 0.1671),
  'res3a_proj': (0.5849, 0.2866, 0.1432, 0.1002),
  'res4a_3x3b': (0.0874, 0.0428, 0.0214, 0.0150),
  'res4a_1x1c': (0.4869, 0.2386, 0.1192, 0.0834),
  'res4a_proj': (0.2921, 0.1431, 0.0715, 0.0500),
  'res5a_3x3b': (0.0435, 0.0213, 0.0106, 0.0074),
  'res5a_1x1c': (0.2433, 0.1192, 0.0595, 0.0417),
  'res5a_proj': (0.1459, 0.0715, 0.0357, 0.0250),
  'fc': (0.1482, 0.0726, 0.0363, 0.0254),
}
TOTALS = [  # sparsity, epsilon, dense layers, ERK weights
  ('0.5', 303.952, 32, 12_751_469),
  ('0.8', 99.5617, 8, 5_100_630),
  ('0.9', 48.7866, 1, 2_550_353),
  ('0.95', 24.3721, 0, 1_275_200),
  ('0.965', 17.0607, 0, 892_651),
]


def _by_path(counts):
  return paths.flatten(counts)


def test_resnet50_has_the_published_shapes():
  assert len(SIZES) == 54
  assert sum(SIZES.values()) == 25_502_912


@pytest.mark.parametrize('column', range(4))
def test_erk_densities_of_resnet50(column):
  sparsity = (0.8, 0.9, 0.95, 0.965)[column]
  counts = _by_path(erk(RESNET50, sparsity))
  for layer, densities in ERK_DENSITIES.items():
    path = f'{layer}/kernel'
    error = abs(counts[path] / SIZES[path] - densities[column])
    # Four decimals, and a count that is rounded up to a whole weight.
    assert error <= 5.1e-5 + 1 / SIZES[path], layer


@pytest.mark.parametrize(('sparsity', 'epsilon', 'dense', 'total'), TOTALS)
def test_erk_totals_of_resnet50(sparsity, epsilon, dense, total):
  counts = _by_path(erk(RESNET50, sparsity))
  assert sum(counts.values()) == total
  assert sum(counts[path] == size for path, size in SIZES.items()) == dense
  budget = _budget.budget(
    RESNET50, sparsity, select=paths.kernels, custom=None, dense_first=False
  )
  shares = {path: sum(shape) for path, shape in budget.shapes.items()}
  sparsities = _budget.spread(budget, shares)
  largest = max(SIZES, key=SIZES.get)
  found = (1 - sparsities[largest]) * Fraction(SIZES[largest], shares[largest])
  assert float(found) == pytest.approx(epsilon, abs=1e-3)


@pytest.mark.parametrize(
  ('sparsity', 'densities'),
  [
    (0.8, (0.1622, 0.4694, 1)),
    (0.9, (0.0796, 0.2302, 1)),
    (0.95, (0.0385, 0.1113, 0.9185)),
    (0.98, (0.0154, 0.0445, 0.3674)),
    (0.99, (0.0077, 0.0223, 0.1837)),
  ],
)
def test_erk_densities_of_lenet_300_100(sparsity, densities):
  counts = _by_path(erk(LENET, sparsity))
  found = [counts[f'layer{i}/kernel'] for i in (1, 2, 3)]
  sizes = (235_200, 30_000, 1_000)
  for count, size, density in zip(found, sizes, densities, strict=True):
    assert abs(count / size - density) <= 5.1e-5 + 1 / size


def test_counts_of_lenet_300_100():
  assert _by_path(erk(LENET, 0.98)) == {
    'layer1/kernel': 3621,
    'layer2/kernel': 1337,
    'layer3/kernel': 368,
  }


def test_layer_map_gives_the_authors_lenet_300_100():
  layers = {'layer1/*': 0.99, 'layer2/kernel': '0.891', '*3/kernel': 0}
  counts = layer_map(LENET, layers=layers)
  assert counts == {
    'layer1': {'kernel': 2352, 'bias': None},
    'layer2': {'kernel': 3270, 'bias': None},
    'layer3': {'kernel': 1000, 'bias': None},
  }


def test_layer_map_falls_back_on_the_sparsity_and_a_path_wins():
  layers = {'layer*': 0.5, 'layer2/kernel': 0.9}
  by_path = _by_path(layer_map(LENET, layers=layers))
  assert list(by_path.values()) == [117_600, 3_000, 500]
  reverse = dict(reversed(layers.items()))
  assert _by_path(layer_map(LENET, layers=reverse)) == by_path
  rest = _by_path(layer_map(LENET, 0.75, layers={'layer2/kernel': 0.9}))
  assert list(rest.values()) == [58_800, 3_000, 250]


def test_er_by_hand():
  """Shares (3 + 5) 4 = 32 and (5 + 3) 1 = 8 of a budget of 37 - 18 = 19."""
  params = {
    'conv': {'kernel': _shape(2, 2, 3, 5)},
    'fc': {'kernel': _shape(5, 3)},
  }
  # zeros floor(.75 60) = 45, floor(.75 15) = 11: 15 + 4 = 19 active weights.
  # Densities 19/40 (32/60) and 19/40 (8/15): 15.2 -> 16 and 3.8 -> 4 weights.
  assert _by_path(er(params, 0.75)) == {'conv/kernel': 16, 'fc/kernel': 4}


def test_er_knows_the_axes_of_equinox():
  flax = {
    'conv': {'kernel': _shape(3, 3, 8, 16)},
    'fc': {'kernel': _shape(64, 10)},
  }
  equinox = {
    'conv': {'weight': _shape(16, 8, 3, 3)},
    'fc': {'weight': _shape(10, 64)},
  }
  expected = list(_by_path(er(flax, 0.8)).values())
  assert list(_by_path(er(equinox, 0.8)).values()) == expected


@pytest.mark.parametrize('distribution', [er, erk])
def test_kernels_of_attention_count_as_the_matrices_that_they_are(distribution):
  """Heads have an axis of their own: query [8, 2, 4] is a matrix 8 x 8."""
  split = {
    'query': {'kernel': _shape(8, 2, 4)},
    'out': {'kernel': _shape(2, 4, 8)},
    'fc': {'kernel': _shape(8, 32)},
    'conv': {'kernel': _shape(3, 8, 16)},
  }
  whole = split | {
    'query': {'kernel': _shape(8, 8)},
    'out': {'kernel': _shape(8, 8)},
  }
  for sparsity in (0.5, 0.8, 0.9):
    found = _by_path(distribution(split, sparsity))
    assert found == _by_path(distribution(whole, sparsity))


@pytest.mark.parametrize('distribution', [er, erk])
def test_stacked_layers_count_as_the_layers_that_they_are(distribution):
  """Three matrices 6 x 8 in one leaf have three times the share of one."""
  layers = {f'layer{i}': {'kernel': _shape(6, 8)} for i in range(3)}
  fc = {'fc': {'kernel': _shape(20, 30)}}
  stack = {'layers': {'kernel': _shape(3, 6, 8)}}

  def axes(path, shape):
    if path.startswith('layers/'):
      return fans.Axes((0, 1), (0, 2))
    return fans.flax(path, shape)

  apart = _by_path(distribution(layers | fc, 0.75))
  found = _by_path(distribution(stack | fc, 0.75, axes=axes))
  assert found['fc/kernel'] == apart['fc/kernel']
  # Each rounds by itself.
  one = apart['layer0/kernel']
  assert 3 * (one - 1) < found['layers/kernel'] <= 3 * one


def test_er_and_erk_agree_on_dense_kernels():
  assert er(LENET, 0.97) == erk(LENET, 0.97)


def test_counts_are_python_ints_and_none():
  for distribution in (uniform, er, erk):
    counts = distribution(LENET, 0.98)
    assert counts['layer1']['bias'] is None
    assert type(counts['layer1']['kernel']) is int


@pytest.mark.parametrize('size', [100, 25_500_000, 2**31 - 1])
@pytest.mark.parametrize('sparsity', [0.29, 0.57, 0.1, '0.965', '1e-3'])
def test_uniform_is_exact_where_floats_are_not(size, sparsity):
  digits = 10**4
  numerator = round(float(sparsity) * digits)
  params = {'fc': {'kernel': _shape(size, 1)}}
  expected = size - numerator * size // digits
  assert _by_path(uniform(params, sparsity)) == {'fc/kernel': expected}


def test_the_float_pitfalls_are_real():
  assert math.floor(0.29 * 100) == 28
  assert _by_path(uniform({'kernel': _shape(10, 10)}, 0.29)) == {'kernel': 71}


def test_sparsity_may_be_float_string_fraction_or_numpy():
  forms = (0.98, '0.98', Fraction(49, 50), np.float64(0.98), np.float32(0.98))
  assert len({tuple(_by_path(erk(LENET, s)).values()) for s in forms}) == 1


def test_zero_sparsity_is_dense_with_masks():
  counts = _by_path(erk(LENET, 0))
  assert list(counts.values()) == [235_200, 30_000, 1_000]


def test_first_layer_is_the_first_in_natural_order():
  params = {f'Dense_{i}': {'kernel': _shape(10, 10)} for i in (10, 2, 1)}
  counts = uniform(params, 0.5, dense_first=True)
  assert {name: leaf['kernel'] for name, leaf in counts.items()} == {
    'Dense_1': 100,
    'Dense_2': 50,
    'Dense_10': 50,
  }


def test_nobody_pays_for_custom_leaves_unless_asked():
  free = _by_path(erk(LENET, 0.98, custom={'layer3/*': 0}))
  alone = {name: LENET[name] for name in ('layer1', 'layer2')}
  assert free == _by_path(erk(alone, 0.98)) | {'layer3/kernel': 1000}
  paid = _by_path(
    erk(LENET, 0.98, custom={'layer3/*': 0}, custom_in_budget=True)
  )
  budget = 4704 + 600 + 20
  assert budget <= sum(paid.values()) < budget + 3
  assert paid['layer3/kernel'] == 1000
  assert free == _by_path(erk(LENET, 0.98, dense_first='layer3/kernel'))


def test_custom_in_budget_changes_nothing_without_custom_leaves():
  assert erk(LENET, 0.9, custom_in_budget=True) == erk(LENET, 0.9)


def test_select_decides_which_leaves_have_counts():
  counts = erk(LENET, 0.5, select=lambda path, shape: path.endswith('bias'))
  assert counts['layer1']['kernel'] is None
  assert counts['layer1']['bias'] is not None


def test_a_leaf_that_is_no_array_is_named():
  """A whole module of Equinox holds its activation function too."""
  model = eqx.nn.MLP(6, 4, 8, 1, key=jax.random.key(0))
  message = "'activation' is a .*eqx.filter"
  for call in (
    lambda: erk(model, 0.8),
    lambda: uniform(model, 0.8),
    lambda: layer_map(model, 0.8, layers={}),
  ):
    with pytest.raises(TypeError, match=message):
      call()


def test_leaves_that_are_not_selected_may_be_of_any_dtype():
  params = {
    'fc': {'kernel': _shape(6, 6), 'steps': np.zeros((), np.int32)},
    'rngs': {'key': jax.random.key(0)},
  }
  assert _by_path(erk(params, 0.5)) == {'fc/kernel': 18}


def test_a_selected_leaf_without_floats_is_named():
  params = {'fc': {'kernel': np.zeros((6, 6), np.int8)}}
  with pytest.raises(ValueError, match="'fc/kernel', which is int8"):
    erk(params, 0.5)


def test_a_kernel_of_unknown_axes_is_refused_with_the_option():
  params = {'mix': {'kernel': _shape(64, 3, 4, 16)}}
  for distribution in (er, erk):
    with pytest.raises(ValueError, match=r"'mix/kernel'.*axes="):
      distribution(params, 0.5)
    counts = distribution(
      params, 0.5, axes=lambda *_: fans.Axes((0,), (1, 2, 3))
    )
    assert _by_path(counts) == {'mix/kernel': 6144}
