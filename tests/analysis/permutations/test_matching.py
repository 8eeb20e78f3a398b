"""Weight matching: exact for permuted copies, a local optimum otherwise."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import permutations


def groups_of(net):
  return permutations.unit_groups(
    net.logits, net.params, net.state, net.inputs[:1]
  )


def matched(net, params, state, key):
  """Returns params and state of a net, aligned with `net`."""
  groups = groups_of(net)
  found = permutations.match_weights(groups, params, net.params, key=key)
  return tuple(permutations.permute(groups, found, t) for t in (params, state))


def assert_equal(tree, other):
  jax.tree.map(np.testing.assert_array_equal, tree, other)


# By default one net of each kind: groups of all are in test_following.
NETS = ('mlp', 'lenet5', 'vgg', 'resnet', 'wide_resnet')
ALIKE = (
  *('conv_net', 'vgg_plain', 'resnet_pad', 'resnet_none'),
  *('resnet_no_affine', 'resnet_bottleneck', 'mobilenet'),
)


@pytest.mark.parametrize(
  'name',
  [*NETS, *(pytest.param(name, marks=pytest.mark.slow) for name in ALIKE)],
)
def test_a_permuted_copy_is_matched_to_the_bit(draw, name, key):
  net = draw(name)
  groups = groups_of(net)
  moves = permutations.random_permutations(groups, key=jax.random.key(5))
  copy = [permutations.permute(groups, moves, tree) for tree in net[1:3]]
  with pytest.raises(AssertionError):
    assert_equal(copy[0], net.params)
  params, state = matched(net, *copy, key)
  assert_equal(params, net.params)
  assert_equal(state, net.state)


def test_half_way_to_a_permuted_copy_nothing_changes_once_matched(draw, key):
  net = draw('resnet')
  groups = groups_of(net)
  moves = permutations.random_permutations(groups, key=jax.random.key(5))
  copy = [permutations.permute(groups, moves, tree) for tree in net[1:3]]
  middle = [
    net.logits(
      *jax.tree.map(lambda a, b: (a + b) / 2, net[1:3], end), net.inputs
    )
    for end in (tuple(copy), matched(net, *copy, key))
  ]
  expected = net.logits(net.params, net.state, net.inputs)
  np.testing.assert_allclose(middle[1], expected, rtol=1e-5, atol=1e-5)
  assert np.abs(middle[0] - expected).max() > 0.1


def test_no_permutation_of_one_layer_would_be_closer(draw, key):
  """Against all permutations of four units."""
  nets = [draw('lenet5', seed=seed) for seed in (0, 1)]
  groups = groups_of(nets[0])
  found = permutations.match_weights(
    groups, nets[1].params, nets[0].params, key=key
  )

  def distance(moves):
    moved = permutations.permute(groups, moves, nets[1].params)
    parts = jax.tree.map(
      lambda a, b: np.sum((np.float64(a) - np.float64(b)) ** 2),
      moved,
      nets[0].params,
    )
    return sum(jax.tree.leaves(parts))

  best = distance(found)
  assert best < distance([np.arange(group.size) for group in groups])
  small = [i for i, group in enumerate(groups) if group.size <= 4]
  assert len(small) == 2
  for i in small:
    for order in itertools.permutations(range(groups[i].size)):
      moves = [*found[:i], found[i][list(order)], *found[i + 1 :]]
      assert distance(moves) >= best - 1e-9


def test_it_is_the_same_each_time_and_starts_anywhere(draw):
  nets = [draw('conv_net', seed=seed) for seed in (0, 1)]
  groups = groups_of(nets[0])
  pairs = (groups, nets[1].params, nets[0].params)
  one, again, other = (
    permutations.match_weights(*pairs, key=jax.random.key(seed))
    for seed in (0, 0, 1)
  )
  assert_equal(one, again)
  assert any((a != b).any() for a, b in zip(one, other, strict=True))


def test_units_that_are_alike_stay(draw, key):
  net = draw('mlp')
  params = jax.tree.map(jnp.zeros_like, net.params)
  found = permutations.match_weights(groups_of(net), params, params, key=key)
  assert_equal(found, (np.arange(20), np.arange(12)))


def test_nets_of_other_shapes_are_refused(draw, key):
  net = draw('mlp')
  wide = jax.tree.map(lambda leaf: jnp.zeros((*leaf.shape, 2)), net.params)
  with pytest.raises(ValueError, match=r"solutions differ at 'Dense_0/bias'"):
    permutations.match_weights(groups_of(net), wide, net.params, key=key)
