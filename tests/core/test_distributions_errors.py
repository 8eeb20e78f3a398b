"""Bad input to the distributions: one clear error each."""

import jax
import numpy as np
import pytest

from jaxsparse.core.distributions.er import er
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.distributions.layer_map import layer_map
from jaxsparse.core.distributions.uniform import uniform
from jaxsparse.core.types import SparsityError

PARAMS = {
  'Dense_0': {
    'kernel': jax.ShapeDtypeStruct((20, 10), np.float32),
    'bias': jax.ShapeDtypeStruct((10,), np.float32),
  },
  'Dense_1': {'kernel': jax.ShapeDtypeStruct((10, 5), np.float32)},
}
BAD = [1, 1.0, '1', 1.5, -0.1, float('nan'), float('inf'), 'much', '', True]


@pytest.mark.parametrize('sparsity', BAD)
@pytest.mark.parametrize('distribution', [uniform, er, erk])
def test_impossible_sparsities(distribution, sparsity):
  with pytest.raises(SparsityError, match=r'sparsity is .*\[0, 1\)'):
    distribution(PARAMS, sparsity)


@pytest.mark.parametrize('sparsity', BAD)
def test_impossible_sparsities_of_a_layer(sparsity):
  with pytest.raises(SparsityError, match=r"of 'Dense_0/\*' is .*\[0, 1\)"):
    layer_map(PARAMS, 0.5, layers={'Dense_0/*': sparsity})
  with pytest.raises(SparsityError, match='Dense_0'):
    erk(PARAMS, 0.5, custom={'Dense_0/*': sparsity})


def test_a_traced_sparsity_is_refused():
  with pytest.raises(SparsityError, match='accepted is a number'):
    jax.jit(lambda s: erk(PARAMS, s))(0.5)


@pytest.mark.parametrize(
  'call',
  [
    lambda: erk(PARAMS, 0.5, custom={'Dense1/kernel': 0.1}),
    lambda: uniform(PARAMS, 0.5, dense_first='Dense1/kernel'),
    lambda: layer_map(PARAMS, 0.5, layers={'Dense1/kernel': 0.1}),
  ],
)
def test_a_pattern_that_fits_nothing_names_the_nearest_path(call):
  with pytest.raises(ValueError, match="mean 'Dense_1/kernel'"):
    call()


def test_a_leaf_without_mask_is_not_fitted():
  with pytest.raises(ValueError, match="'Dense_0/bias' fits none"):
    erk(PARAMS, 0.5, custom={'Dense_0/bias': 0.5})


def test_two_patterns_for_one_leaf():
  with pytest.raises(ValueError, match="'Dense_0/kernel' fits two patterns"):
    layer_map(PARAMS, layers={'*': 0.5, 'Dense_0*': 0.6})


def test_a_dense_first_layer_of_another_sparsity():
  with pytest.raises(ValueError, match=r'dense_first keeps .* 0\.3'):
    erk(PARAMS, 0.5, dense_first=True, custom={'Dense_0/*': 0.3})


def test_leaves_that_a_map_leaves_out_are_named():
  with pytest.raises(ValueError, match='no sparsity for Dense_1/kernel'):
    layer_map(PARAMS, layers={'Dense_0/*': 0.5})


@pytest.mark.parametrize('distribution', [uniform, er, erk])
def test_select_that_takes_nothing(distribution):
  with pytest.raises(ValueError, match=r'takes none of the 3 leaves: Dense_0'):
    distribution(PARAMS, 0.5, select=lambda path, shape: False)


def test_a_leaf_without_weights():
  params = {'empty': {'kernel': jax.ShapeDtypeStruct((0, 4), np.float32)}}
  with pytest.raises(ValueError, match="'empty/kernel' has no weights"):
    erk(params, 0.5)


def test_er_needs_two_axes():
  with pytest.raises(SparsityError, match=r"'Dense_0/bias' has shape \(10,\)"):
    er(PARAMS, 0.5, select=lambda path, shape: True)


def test_a_budget_that_custom_leaves_exceed():
  # 250 weights at 0.9: 25 active; the dense first layer alone has 200.
  with pytest.raises(SparsityError, match='leaves -175 active weights for 50'):
    erk(PARAMS, 0.9, dense_first='Dense_0/kernel', custom_in_budget=True)
  with pytest.raises(SparsityError, match='leaves 105 active weights for 50'):
    erk(PARAMS, 0.5, custom={'Dense_0/*': 0.9}, custom_in_budget=True)
