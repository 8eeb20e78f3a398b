"""Whether numbers are finite, against numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core.finite import all_finite

_jitted = jax.jit(all_finite)


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('place', ['matrix', 'scalar', 'half'])
def test_one_number_that_is_not_finite_is_found(bad, place):
  tree = {
    'matrix': np.ones((3, 5), np.float32),
    'scalar': np.float32(1),
    'half': np.ones(7, jnp.bfloat16),
    'empty': np.ones((0, 2), np.float32),
    'none': None,
  }
  assert _jitted(tree)
  tree[place] = np.array(tree[place])
  tree[place].flat[-1] = bad
  assert not _jitted(tree)


def test_a_tree_without_leaves_is_finite():
  assert all_finite({})
