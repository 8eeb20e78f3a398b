"""Masks for another initialisation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import permutations
from jaxsparse.core.masks import active_by_path


@pytest.fixture(scope='module', params=['mlp', 'conv_net', 'resnet_pad'])
def ticket(request, draw):
  """A net, masks of it, its groups, and a permuted copy with its masks."""
  net = draw(request.param)
  random = np.random.default_rng(2)
  masks = jax.tree.map(
    lambda p: jnp.asarray(random.random(p.shape) < 0.3) if p.ndim > 1 else None,
    net.params,
  )
  groups = permutations.unit_groups(
    net.logits, net.params, net.state, net.inputs[:1]
  )
  moves = permutations.random_permutations(groups, key=jax.random.key(3))
  copies = [permutations.permute(groups, moves, t) for t in (net.params, masks)]
  return net.params, masks, groups, *copies


def same(masks, other):
  return all(
    np.array_equal(a, b)
    for a, b in zip(jax.tree.leaves(masks), jax.tree.leaves(other), strict=True)
  )


def transplanted(ticket, how, seed=0):
  params, masks, groups, target, _ = ticket
  return permutations.transplant(
    masks, params, target, groups, how=how, key=jax.random.key(seed)
  )


def test_aligned_masks_are_those_of_the_permuted_copy(ticket):
  assert same(transplanted(ticket, 'aligned'), ticket[4])
  assert same(transplanted(ticket, 'naive'), ticket[1])
  assert not same(ticket[1], ticket[4])


@pytest.mark.parametrize('how', permutations.HOW)
def test_layers_keep_their_counts(ticket, how):
  masks = transplanted(ticket, how)
  assert jax.tree.structure(masks) == jax.tree.structure(ticket[1])
  assert active_by_path(masks) == active_by_path(ticket[1])


def test_random_ones_go_by_the_key(ticket):
  one, again, other = (
    transplanted(ticket, 'random', seed) for seed in (0, 0, 1)
  )
  assert same(one, again)
  assert not same(one, other)
  assert not same(one, ticket[4])
  assert not same(one, ticket[1])


def test_what_does_not_fit_is_refused(ticket):
  params, masks, groups, target, _ = ticket
  with pytest.raises(ValueError, match="how is 'align'.*aligned"):
    transplanted(ticket, 'align')
  wide = jax.tree.map(lambda leaf: jnp.zeros((*leaf.shape, 2)), params)
  options = {'how': 'naive', 'key': jax.random.key(0)}
  with pytest.raises(ValueError, match='solutions differ at'):
    permutations.transplant(masks, params, wide, groups, **options)
  with pytest.raises(ValueError, match='mask .* has shape'):
    permutations.transplant(masks, wide, wide, groups, **options)
