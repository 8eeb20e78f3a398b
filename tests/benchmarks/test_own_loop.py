"""The loops that `launch.benchmark` times, on a net that compiles at once."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsparse.benchmarks import own
from jaxsparse.benchmarks.cases import own_loop
from jaxsparse.models.mlp import mlp


def tiny(steps):
  net = mlp(features=(8,))
  return own.problem('tiny', net, (4, 3, 3, 1), 0.5, steps)


def test_every_comparison_builds_and_runs():
  compared = list(own_loop.compare(tiny(2), 'SGD', optax.sgd(0.1)))
  assert [c.aim for c in compared] == [1.03, 1.03, 1.04, 1.04, 1.04, 1.04, 2, 2]
  assert len({c.name for c in compared}) == 8
  for thunk in compared[0].base, compared[0].contender, compared[-1].twin:
    thunk()


def test_params_are_the_same_wherever_they_are_masked():
  net, results = tiny(3), []
  for masks in (True, False):
    tx = own.rigl_sparse(net, optax.sgd(0.1), start_step=1, update_interval=2)
    state = tx.init(net.params)
    params = net.params if masks else own.sparsify_params(net.params, state)
    step = jax.jit(own.train_step(net, tx, masks=masks))
    for _ in range(net.steps):
      params, state = step(params, state, net.batch)
    results.append(params)
  assert int(jnp.count_nonzero(results[0]['Dense_0']['kernel'])) < 9 * 8
  jax.tree.map(np.testing.assert_array_equal, *results)


def test_only_the_blocks_of_the_transformer_are_sparse():
  counts = []

  def params():
    net = own.transformer()
    counts.append(net.counts)
    return net.params

  sizes = [p.size for p in jax.tree.leaves(jax.eval_shape(params))]
  assert 10e6 < sum(sizes) < 11e6
  assert len(jax.tree.leaves(counts)) == 6 * 6
  assert 1.0e6 < sum(jax.tree.leaves(counts)) < 1.1e6
  for layer in 'embedding', 'logits', 'norm':
    assert jax.tree.leaves(counts[0][layer]) == []
