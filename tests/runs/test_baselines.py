"""Small-Dense and Big-Sparse of a config, against sizes counted by hand."""

import math
from fractions import Fraction

import pytest

from jaxsparse.config.resolve import resolve
from jaxsparse.runs import baselines
from jaxsparse.runs.build import build, total_sizes
from jaxsparse.runs.outline import size

VIT = {'model': 'vit', 'model__patch_size': 4, 'model__depth': 1}


def mlp_weights(features):
  sizes = [64, *features, 10]
  return [a * b for a, b in zip(sizes, sizes[1:], strict=False)]


def features(width):
  exact = Fraction(str(width))
  return tuple(max(1, math.floor(exact * n)) for n in (30, 20))


def count(width, sparsity, unit):
  """Of an MLP 64-30-20-10 on digits, widened."""
  dense = sum(features(width)) + 10
  weights = mlp_weights(features(width))
  active = [n - math.floor(Fraction(str(sparsity)) * n) for n in weights]
  total = dense + sum(active)
  if unit == 'parameters':
    return total
  return 4 * total + (sum(-(-n // 8) for n in weights) if sparsity else 0)


@pytest.fixture
def config(make_config):
  return make_config(
    model__features=(30, 20),
    updater__distribution='uniform',
    updater__sparsity=0.75,
  )


@pytest.mark.parametrize('unit', baselines.SIZES)
def test_a_small_dense_mlp(config, unit):
  found = baselines.find_small_dense(config, size=unit)
  budget = count(1, 0.75, unit)
  widest = max(k for k in range(1, 1000) if count(k / 1000, 0, unit) <= budget)
  assert found.width == widest / 1000
  assert (found.size, found.budget) == (count(found.width, 0, unit), budget)
  assert found.fields == {
    'updater.name': 'dense',
    'updater.sparsity': 0.0,
    'model.features': features(found.width),
  }
  run = build(baselines.small_dense(config, size=unit))
  assert run.config.updater.name == 'dense'
  assert run.target_counts == total_sizes(run)
  assert size(run).parameters == count(found.width, 0, 'parameters')
  assert resolve(config).updater.name == 'rigl'


@pytest.mark.parametrize('unit', baselines.SIZES)
def test_a_big_sparse_mlp(config, unit):
  found = baselines.find_big_sparse(config, size=unit)
  budget = count(1, 0, unit)
  widest = max(
    k for k in range(1, 8000) if count(k / 1000, 0.75, unit) <= budget
  )
  assert found == (
    {'model.features': features(widest / 1000)},
    widest / 1000,
    count(widest / 1000, 0.75, unit),
    budget,
  )
  run = build(baselines.big_sparse(config, size=unit))
  biases = sum(features(found.width)) + 10
  active = size(run).active + biases
  assert active == count(found.width, 0.75, 'parameters')


def test_a_net_with_a_width_is_given_one(make_config):
  config = make_config(model='vgg', model__pools=2, model__depth=11)
  config.updater.update(layers=('conv1_1/kernel=0',), dense_first=True)
  found = baselines.find_small_dense(config)
  assert found.fields['model.width'] == found.width < 1
  assert found.fields['updater.layers'] == ()
  assert found.fields['updater.dense_first'] is False
  assert found.size <= found.budget
  assert baselines.small_dense(config).model.width == found.width


def test_what_cannot_be_is_refused(make_config, config):
  with pytest.raises(ValueError, match=r"size is 'byte'.*Did you mean 'bytes'"):
    baselines.find_small_dense(config, size='byte')
  with pytest.raises(ValueError, match='neither a width nor features'):
    baselines.find_small_dense(make_config(**VIT))
  sparse = make_config(model__features=(), updater__sparsity=0.5)
  with pytest.raises(ValueError, match='it does not grow with its width'):
    baselines.find_big_sparse(sparse)
