"""Trees that follow another one by path."""

import flax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from jaxsparse.core import align, masks


def _state(**leaves):
  return nnx.State({name: nnx.Param(leaf) for name, leaf in leaves.items()})


HOLDERS = [dict, flax.core.FrozenDict, lambda **x: nnx.State(x), _state]


@pytest.mark.parametrize('lead', HOLDERS)
@pytest.mark.parametrize('follow', HOLDERS)
def test_leaves_follow_by_path_and_none_is_one(lead, follow):
  params, counts = lead(b=20.0, a=10.0), follow(a=None, b=2)
  assert align.aligned(params, counts) == [None, 2]
  assert align.with_none(counts) == {'a': None, 'b': 2}
  summed = align.map_aligned(lambda p, n: (p, n), params, counts)
  assert jax.tree.leaves(summed, is_leaf=lambda x: isinstance(x, tuple)) == [
    (10.0, None),
    (20.0, 2),
  ]


@pytest.mark.parametrize('lead', HOLDERS)
@pytest.mark.parametrize('follow', HOLDERS)
def test_masks_of_any_container_are_applied_in_that_of_params(lead, follow):
  params = lead(a=jnp.array([1.0, jnp.nan]), b=jnp.array([3.0, 4.0]))
  mask = follow(a=jnp.array([True, False]), b=None)
  found = masks.apply_masks(params, mask)
  assert jax.tree.structure(found) == jax.tree.structure(params)
  np.testing.assert_array_equal(jax.tree.leaves(found), [[1, 0], [3, 4]])


def test_the_containers_are_told_apart():
  lead = _state(a=1.0)
  assert align.same_containers(lead, _state(a=None))
  assert not align.same_containers(lead, nnx.State({'a': 1.0}))
  assert not align.same_containers(nnx.State({'a': 1.0}), lead)
  assert not align.same_containers({'a': 1.0}, _state(a=None))


@pytest.mark.parametrize('follow', HOLDERS)
def test_a_leaf_without_its_counterpart_is_named(follow):
  params = {'kernel': jnp.ones(2), 'bias': jnp.ones(2)}
  mask = jnp.ones(2, bool)
  with pytest.raises(ValueError, match=r"masks .* nothing at 'bias'"):
    masks.apply_masks(params, follow(kernel=mask))
  extra = follow(kernels=mask, kernel=None, bias=None)
  with pytest.raises(ValueError, match=r"at 'kernels', .* mean 'kernel'\?"):
    masks.apply_masks(params, extra)
