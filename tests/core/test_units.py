"""Dead inputs and outputs of kernels."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import fans, paths, units


def test_dense_by_hand():
  """Inputs 1 and 3 feed nothing; output 2 is fed by nothing."""
  mask = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
  dead = units.dead_units({'kernel': jnp.asarray(mask), 'bias': None})
  assert dead == {'kernel': (2, 1), 'bias': None}
  swapped = units.dead_units({'weight': jnp.asarray(mask.T)}, axes=fans.equinox)
  assert swapped == {'weight': (2, 1)}


def test_a_convolution_counts_channels_not_taps():
  mask = np.zeros((3, 3, 4, 5), bool)
  mask[0, 1, 0, 0] = mask[2, 2, 0, 3] = mask[1, 1, 2, 3] = True
  assert units.dead_units({'kernel': jnp.asarray(mask)}) == {'kernel': (2, 3)}


def test_groups_tell_their_inputs_apart():
  """Inputs 0 and 1 of group 0, outputs 0-2; of group 1, outputs 3-5."""
  mask = np.zeros((1, 1, 2, 6), bool)
  mask[0, 0, 0, 1] = mask[0, 0, 0, 2] = mask[0, 0, 1, 4] = True
  dead = units.dead_units(
    {'kernel': jnp.asarray(mask)},
    axes=lambda *_: fans.Axes((2,), (3,), groups=2),
  )
  assert dead == {'kernel': (2, 3)}  # Input 1 of group 0, input 0 of group 1.


def test_attention_counts_each_head():
  mask = np.zeros((3, 2, 2), bool)
  mask[0, 1, 0] = mask[2, 1, 0] = True
  tree = {name: {'kernel': jnp.asarray(mask)} for name in ('query', 'out')}
  assert units.dead_units(tree) == {
    'query': {'kernel': (1, 3)},
    'out': {'kernel': (4, 1)},  # [heads, head_dim, embed]
  }


@pytest.mark.parametrize(('count', 'dead'), [(0, (20, 30)), (600, (0, 0))])
def test_no_weights_and_all(count, dead):
  mask = (jnp.arange(600) < count).reshape(20, 30)
  found = jax.jit(units.dead_units)({'kernel': mask})['kernel']
  assert found == dead
  assert found.inputs.dtype == found.outputs.dtype == jnp.int32


def test_an_equinox_module_keeps_its_structure(key):
  model = eqx.filter(eqx.nn.MLP(4, 3, 8, 1, key=key), eqx.is_array)
  masks = paths.map_with_path(
    lambda path, p: jnp.ones(p.shape, bool) if 'weight' in path else None,
    model,
  )
  dead = units.dead_units(masks, axes=fans.equinox)
  assert [int(n) for n in jax.tree.leaves(dead)] == [0, 0, 0, 0]
  assert dead.layers[0].bias is None
