"""Every default that knows axes reads a weight of Equinox as [out, in, ...]."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import flops
from jaxsparse.core import (
  fans,
  initialisation,
  paths,
  samplers,
  structures,
  units,
)
from jaxsparse.core.distributions.er import er
from jaxsparse.updaters.growth.structured import structured
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.srigl import srigl

KEY = jax.random.key(0)
FLAX = (3, 3, 4, 6)  # [h, w, in, out]
DENSE = (12, 18)


def _equinox(leaf):
  return jnp.moveaxis(leaf, (-1, -2), (0, 1))


@pytest.mark.parametrize(
  ('structure', 'shape'),
  [
    (structures.n_m(4), DENSE),  # With taps, groups follow their order.
    (structures.constant_fan_in(), FLAX),
    (structures.block(2, 3), FLAX),
    (structures.kernel_slice(), FLAX),
  ],
  ids=['n_m', 'constant_fan_in', 'block', 'kernel_slice'],
)
def test_structures_are_those_of_the_same_kernel_in_flax(structure, shape):
  draw = np.random.default_rng(0)
  first, second = (
    jnp.asarray(draw.permutation(216).reshape(shape), jnp.float32)
    for _ in range(2)
  )
  none = jnp.zeros(shape, bool)
  mask = structure.fill('conv/kernel', first, none, 72)
  kept = structure.keep('conv/kernel', second, mask, 36)
  moved = structure.fill('conv/weight', _equinox(first), _equinox(none), 72)
  np.testing.assert_array_equal(moved, _equinox(mask))
  kept_moved = structure.keep('conv/weight', _equinox(second), moved, 36)
  np.testing.assert_array_equal(kept_moved, _equinox(kept))


@pytest.mark.parametrize(
  'build', [lambda **o: structured(rigl(**o), 'constant_fan_in'), srigl]
)
def test_methods_have_constant_fan_in_not_fan_out(build):
  model = eqx.filter(eqx.nn.Linear(9, 6, key=KEY), eqx.is_inexact_array)
  counts = eqx.tree_at(lambda m: (m.weight, m.bias), model, (18, None))
  mask = build(counts=counts, stop_step=9).init(model, key=KEY).masks.weight
  assert np.sum(mask, axis=1).tolist() == [3] * 6


def test_draws_and_counts_go_by_rows():
  """What is by unit of the rule of Equinox, as an explicit rule has it."""
  params = {'l': {'weight': jnp.zeros((5, 40))}}
  counts = {'l': {'weight': 60}}
  for draw in (samplers.connected, samplers.uneven):
    masks = draw(params, counts, key=KEY)
    named = draw(params, counts, key=KEY, axes=fans.equinox)
    np.testing.assert_array_equal(masks['l']['weight'], named['l']['weight'])
  for draw in (initialisation.sparse, initialisation.layer_scaled):
    drawn = draw(params, masks, key=KEY)['l']['weight']
    named = draw(params, masks, key=KEY, axes=fans.equinox)['l']['weight']
    np.testing.assert_array_equal(drawn, named)
    flax = draw(params, masks, key=KEY, axes=fans.flax)['l']['weight']
    assert not np.array_equal(drawn, flax)
  mask = np.asarray(masks['l']['weight'])
  dead = units.dead_units(masks)['l']['weight']
  assert dead == ((~mask.any(axis=0)).sum(), (~mask.any(axis=1)).sum())
  # (in + out) / (in out) of the matrices, whatever the spatial axes are.
  conv = {'a': {'weight': jnp.zeros((6, 4, 5, 5))}, 'b': {'weight': mask * 1.0}}
  assert paths.flatten(er(conv, 0.8)) == paths.flatten(
    er(conv, 0.8, axes=fans.equinox)
  )


def test_sizes_count_rows_of_outputs():
  # 10 weights with an index each, where 5 rows begin and the last ends; of
  # attention every head has rows of its own.
  for name, shape, rows in (
    ('l/weight', (5, 40), 5),
    ('l/kernel', (40, 5), 5),
    ('query/kernel', (40, 2, 5), 10),
  ):
    layer, leaf = name.split('/')
    params = {layer: {leaf: jax.ShapeDtypeStruct(shape, jnp.float32)}}
    found = flops.csr_bytes(params, {layer: {leaf: 10}})
    assert found == 10 * (4 + 4) + 4 * (rows + 1)
