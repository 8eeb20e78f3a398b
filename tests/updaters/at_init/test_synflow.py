"""SynFlow: conservation of flow in every round, and collapse in one."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_nets as nets

from jaxsparse.core import synaptic_flow
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Probe
from jaxsparse.updaters.iterative_snip import iterative_snip
from jaxsparse.updaters.synflow import synflow

SIZES = (100, 300, 300, 100, 300, 300, 10)
TOTAL = 273_000


def pruned(method, density, seed, **options):
  params = nets.glorot(SIZES, seed)
  counts = nets.counts(params, round(TOTAL * density))
  state = method(counts, **options).init(
    params, key=jax.random.key(seed), probe=nets.probe(SIZES, seed)
  )
  return params, state.masks


def scores(params, masks):
  flow = synaptic_flow.flow(
    nets.probe(SIZES, 0), apply_masks(params, masks), masks
  )
  return [
    np.asarray(w * g, np.float64)
    for w, g in zip(
      jax.tree.leaves(flow.weights), jax.tree.leaves(flow.grads), strict=True
    )
  ]


@pytest.mark.parametrize(
  'seed', [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_many_rounds_keep_every_layer_where_one_empties_most(seed):
  for density, empty in ((1e-2, 2), (1e-3, 5)):
    _, masks = pruned(synflow, density, seed, rounds=1)
    assert nets.active(masks).count(0) >= empty
  params, masks = pruned(synflow, 3e-4, seed)
  assert sum(nets.active(masks)) == round(TOTAL * 3e-4)
  assert min(nets.active(masks)) >= 9
  assert np.sum(scores(params, masks)[0]) > 0


@pytest.mark.parametrize('seed', range(3))
def test_sensitivity_in_one_round_holds_out_longer_and_fails_too(seed):
  """Random inputs take 1e-4: at 3e-4 one seed of three empties no layer."""
  _, masks = pruned(iterative_snip, 1e-3, seed, rounds=1)
  assert min(nets.active(masks)) > 0
  _, masks = pruned(iterative_snip, 1e-4, seed, rounds=1)
  assert 0 in nets.active(masks)


def flows_of_rounds(params, density, rounds):
  """The |w| dR/d|w| of each net that is scored, and of the one at the end."""
  probe = nets.probe(SIZES, 0)._replace(inputs=jnp.ones((1, SIZES[0])))
  updater = synflow(nets.counts(params, round(TOTAL * density)), rounds=rounds)
  scored = []

  def score(params, masks, probe, **options):
    jax.debug.callback(scored.append, masks, ordered=True)
    return updater.init.score(params, masks, probe, **options)

  prune = dataclasses.replace(updater.init, score=score)
  last = prune(params, key=jax.random.key(0), probe=probe).masks
  jax.effects_barrier()

  @jax.jit
  def flows(masks):
    flow = synaptic_flow.flow(probe, apply_masks(params, masks), masks)
    return jax.tree.leaves(jax.tree.map(jnp.multiply, *flow))

  return [
    [np.asarray(leaf, np.float64) for leaf in flows(masks)]
    for masks in (*scored, last)
  ]


def test_in_every_round_the_flow_is_conserved_by_layer_and_by_unit():
  rounds = flows_of_rounds(nets.glorot(SIZES, 0), 1e-2, rounds=20)
  assert len(rounds) == 21
  for flows in rounds:
    total = flows[0].sum()
    np.testing.assert_allclose([f.sum() for f in flows], total, rtol=1e-5)
    for before, after in itertools.pairwise(flows):
      np.testing.assert_allclose(
        before.sum(axis=0), after.sum(axis=1), rtol=1e-4, atol=1e-9 * total
      )


def test_pruned_nets_conserve_it_to_double_precision():
  with jax.enable_x64(True):
    params = jax.tree.map(
      lambda p: jnp.asarray(p, jnp.float64), nets.glorot(SIZES, 0)
    )
    rounds = flows_of_rounds(params, 1e-2, rounds=5)
  active = [sum(np.count_nonzero(f) for f in flows) for flows in rounds]
  assert active[0] == TOTAL
  assert active[-1] < active[1] < TOTAL / 2
  for flows in rounds:
    sums = [flow.sum() for flow in flows]
    np.testing.assert_allclose(sums, sums[0], rtol=1e-12)


def residual(params, inputs):
  """Two branches in each block, whose flows differ by powers of two."""
  for name in sorted(params):
    kernel = params[name]['kernel']
    inputs = inputs + jax.nn.relu(inputs @ kernel) @ kernel.T
  return inputs


@pytest.mark.parametrize('scale', [1e-8, 1.0, 300.0, 1e8])
def test_scores_of_deep_residual_nets_neither_overflow_nor_change_rank(scale):
  """Against float64, of a flow up to about 1e70."""
  random = np.random.default_rng(0)
  params = {
    f'{i}': {
      'kernel': jnp.asarray(random.normal(size=(8, 6)) * scale, jnp.float32)
    }
    for i in range(4)
  }
  probe = Probe(apply=residual, inputs=jnp.ones((1, 8)))
  got = nets.flat(synaptic_flow.flow(probe, params, params).grads)
  with jax.enable_x64(True):
    wide = jax.tree.map(lambda p: jnp.abs(jnp.asarray(p, jnp.float64)), params)
    expected = nets.flat(
      jax.grad(lambda p: jnp.sum(residual(p, jnp.ones((1, 8)))))(wide)
    )
  assert np.isfinite(got).all()
  assert (got > 0).all()
  factor = expected[0] / got[0].astype(np.float64)
  np.testing.assert_allclose(got * factor, expected, rtol=1e-4)
  np.testing.assert_allclose(
    factor, 2.0 ** np.round(np.log2(factor)), rtol=1e-4
  )


@pytest.mark.parametrize('scale', [1e-12, 1e-6, 1e6, 1e11])
def test_of_a_chain_the_flow_is_conserved_at_any_scale(scale):
  """A flow of 1e-69 to 1e69, which no float32 holds."""
  params = jax.tree.map(lambda p: p * scale, nets.glorot((9,) * 7, 0))
  flow = synaptic_flow.flow(nets.probe((9, 9), 0), params, params)
  sums = [
    np.sum(np.asarray(w, np.float64) * np.asarray(g, np.float64))
    for w, g in zip(*map(jax.tree.leaves, flow), strict=True)
  ]
  assert sums[0] > 0
  np.testing.assert_allclose(sums, sums[0], rtol=1e-4)


def test_without_a_forward_pass_there_is_no_flow():
  params = nets.glorot((4, 3, 2), 0)
  updater = synflow(nets.counts(params, 5))
  for probe in (None, Probe(apply=nets.apply)):
    with pytest.raises(ValueError, match='a probe with apply and inputs'):
      updater.init(params, key=jax.random.key(0), probe=probe)
