"""Leaves named by path, in every framework."""

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from jaxsparse.core import choices, paths


class _Net(nnx.Module):
  def __init__(self):
    rngs = nnx.Rngs(0)
    self.layers = nnx.List([nnx.Linear(3, 2, rngs=rngs) for _ in range(2)])


def _taken(tree):
  return {
    path
    for path, leaf in paths.flatten(tree).items()
    if paths.kernels(path, leaf.shape)
  }


def test_paths_of_linen(key):
  module = nn.Sequential([nn.Dense(4), nn.Conv(4, (3,)), nn.BatchNorm(True)])
  params = module.init(key, jnp.ones((2, 5, 3)))['params']
  assert set(paths.flatten(params)) == {
    f'layers_{i}/{name}' for i in (0, 1) for name in ('kernel', 'bias')
  } | {'layers_2/scale', 'layers_2/bias'}
  assert _taken(params) == {'layers_0/kernel', 'layers_1/kernel'}


def test_paths_of_nnx_leave_value_out():
  state = nnx.state(_Net(), nnx.Param)
  assert set(paths.flatten(state)) == {
    f'layers/{i}/{name}' for i in (0, 1) for name in ('kernel', 'bias')
  }
  assert _taken(state) == {'layers/0/kernel', 'layers/1/kernel'}


def test_paths_of_equinox(key):
  model = eqx.filter(eqx.nn.MLP(3, 2, 4, 1, key=key), eqx.is_array)
  assert set(paths.flatten(model)) == {
    f'layers/{i}/{name}' for i in (0, 1) for name in ('weight', 'bias')
  }
  assert _taken(model) == {'layers/0/weight', 'layers/1/weight'}


class _Critic(eqx.Module):
  policy: int
  value: int
  raw_value: int


@pytest.mark.parametrize('key', ['value', 'raw_value'])
def test_a_leaf_called_value_keeps_its_name(key):
  """Whether it is a key of a dict or a field of a module."""
  assert list(paths.flatten({key: 1})) == [key]
  assert list(paths.flatten({'head': {key: 1}})) == [f'head/{key}']
  fields = ['policy', 'value', 'raw_value']
  tree = {'head': _Critic(1, 2, 3)}
  assert list(paths.flatten(tree)) == [f'head/{field}' for field in fields]
  found = paths.map_with_path(lambda path, leaf: path, tree)
  assert found['head'].value == 'head/value'


def test_the_value_of_a_variable_is_left_out_and_no_other():
  class Own(nnx.Param):
    pass

  state = {
    'value': nnx.Param(jnp.ones(1)),
    'own': Own(None),
    'tree': nnx.Param({'value': jnp.ones(1)}),
  }
  found = paths.flatten(state, lambda leaf: leaf is None)
  assert list(found) == ['own', 'tree/value/value', 'value']


@pytest.mark.parametrize(
  'tree',
  [
    {'a/b': {'kernel': 1}, 'a': {'b': {'kernel': 2}}},
    {'a': [{'b/kernel': 1, 'b': {'kernel': 2}}]},
    {'/': 1, '': {'': 2}},
  ],
)
def test_each_leaf_has_a_path_of_its_own_whatever_its_keys_hold(tree):
  found = paths.flatten(tree)
  assert list(found.values()) == jax.tree.leaves(tree)
  names = paths.map_with_path(lambda path, leaf: path, tree)
  assert jax.tree.leaves(names) == list(found)


def test_a_key_with_a_slash_is_quoted_where_paths_would_meet():
  assert list(paths.flatten({'mlp/out': {'w': 1}})) == ['mlp/out/w']
  met = {'mlp/out': {'w': 1}, 'mlp': {'out': {'w': 2}}}
  assert paths.flatten(met) == {'mlp/out/w': 2, "'mlp/out'/w": 1}
  # Whatever has no mask: a leaf has the path that it has in the params.
  masks = {'mlp/out': {'w': 1}, 'mlp': {'out': {'w': None}}}
  assert paths.flatten(masks) == {"'mlp/out'/w": 1}


def test_two_leaves_of_one_path_are_refused():
  @jax.tree_util.register_pytree_with_keys_class
  class Twins:
    """A node whose two children it calls alike."""

    def tree_flatten_with_keys(self):
      key = jax.tree_util.GetAttrKey('twin')
      return ((key, 1), (key, 2)), None

    tree_unflatten = classmethod(lambda cls, aux, children: cls())

  for call in (
    lambda: paths.flatten(Twins()),
    lambda: paths.map_with_path(lambda path, leaf: path, Twins()),
  ):
    with pytest.raises(ValueError, match="two leaves have the path 'twin'"):
      call()


@pytest.mark.parametrize(
  ('path', 'shape', 'taken'),
  [
    ('Dense_0/kernel', (3, 2), True),
    ('kernel', (3, 3, 4, 8), True),
    ('norm/weight', (8,), False),
    ('Dense_0/bias', (2, 2), False),
    ('Embed_0/embedding', (100, 8), False),
    ('kernel/scale', (3, 2), False),
  ],
)
def test_the_rule_for_kernels(path, shape, taken):
  assert paths.kernels(path, shape) is taken


def test_map_with_path_hands_over_paths_and_further_trees():
  tree = {'a': {'b': 1}, 'c': [2, 3]}
  found = paths.map_with_path(lambda p, x, y: (p, x + y), tree, tree)
  assert found == {'a': {'b': ('a/b', 2)}, 'c': [('c/0', 4), ('c/1', 6)]}


def test_matches_is_case_sensitive_and_crosses_slashes():
  assert paths.matches('block/Conv_0/kernel', 'block*kernel')
  assert paths.matches('Conv_3/kernel', 'Conv_[0-3]/*')
  assert not paths.matches('Conv_0/kernel', 'conv*')
  assert not paths.matches('Conv_0/kernel', 'Conv_0')


def test_natural_order():
  names = ['Dense_10/kernel', 'Dense_2/kernel', 'Conv_0/kernel', 'Dense_2/bias']
  assert paths.natural_order(names) == [
    'Conv_0/kernel',
    'Dense_2/bias',
    'Dense_2/kernel',
    'Dense_10/kernel',
  ]


def test_natural_order_compares_numbers_with_letters():
  assert paths.natural_order(['a', '1', '10', '2b', '2']) == [
    '1', '2', '2b', '10', 'a',
  ]  # fmt: skip


def test_nearest():
  assert choices.nearest('rigel', ['set', 'rigl']) == " Did you mean 'rigl'?"
  assert choices.nearest('quite another', ['set', 'rigl']) == ''


def test_leaf_shape_and_abstract():
  tree = {'x': jnp.ones((2, 3), jnp.bfloat16)}
  struct = paths.abstract(tree)['x']
  assert struct == jax.ShapeDtypeStruct((2, 3), jnp.bfloat16)
  assert paths.leaf_shape(struct) == paths.leaf_shape((2, 3)) == (2, 3)


def test_what_matches_a_pattern_keeps_its_order():
  names = ['b/kernel', 'a_10/kernel', 'a_2/bias', 'odd[1]/kernel']
  found = paths.matching(names, '*kernel', what='leaves')
  assert found == ['b/kernel', 'a_10/kernel', 'odd[1]/kernel']
  # A whole path is itself, whatever `fnmatch` makes of its brackets.
  assert paths.matching(names, 'odd[1]/kernel', what='leaves') == names[3:]


def test_a_pattern_that_nothing_matches_is_refused_with_what_there_is():
  said = (
    "^spared: 'a_1/k' fits none of the leaves: a_2/k, a_10/k. Did you mean 'a_1"
  )
  with pytest.raises(ValueError, match=said):
    paths.matching(['a_10/k', 'a_2/k'], 'a_1/k', what='leaves', where='spared')
  with pytest.raises(ValueError, match="^'c' fits none of the leaves: a.$"):
    paths.matching(['a'], 'c', what='leaves')
