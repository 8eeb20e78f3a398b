"""`import jaxsparse as js`: what it offers, and that its examples run."""

import ast
import doctest
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsparse as js
from jaxsparse.core import registry
from jaxsparse.runs.train import train

from configs.digits.mlp import get_config  # isort: skip

STUB = pathlib.Path(js.__file__).with_suffix('.pyi')


def test_every_method_and_distribution_is_a_public_name():
  for package in ('jaxsparse.updaters', 'jaxsparse.core.distributions'):
    assert set(registry.names(package)) <= set(js.__all__)


def test_the_names_are_those_of_the_stub_and_import_nothing():
  lines = ast.parse(STUB.read_text('utf-8')).body
  named = [n for n in lines if isinstance(n, ast.ImportFrom)]
  assert js.__all__ == sorted(alias.name for n in named for alias in n.names)
  code = 'import sys, jaxsparse; print("jax" in sys.modules)'
  found = subprocess.run(
    [sys.executable, '-c', code], capture_output=True, text=True, check=True
  )
  assert found.stdout == 'False\n'


@pytest.fixture(scope='module')
def names(tmp_path_factory):
  """What examples may use: a net, its counts, a loss, a batch, a run."""
  workdir = tmp_path_factory.mktemp('example') / 'run'
  config = get_config('static')
  config.num_steps = 2
  train(config, workdir, plots=False)
  key = jax.random.key(0)
  params = {
    'a': {'kernel': jax.random.normal(key, (20, 50)), 'bias': jnp.zeros(50)},
    'b': {'kernel': jax.random.normal(key, (50, 10))},
  }

  def apply(params, x):
    hidden = jax.nn.relu(x @ params['a']['kernel'] + params['a']['bias'][None])
    return hidden @ params['b']['kernel']

  def loss(params, batch):
    return jnp.mean((apply(params, batch[0]) - batch[1]) ** 2)

  batch = jnp.ones((4, 20)), jnp.ones((4, 10))
  return {
    **{'js': js, 'jax': jax, 'jnp': jnp, 'np': np, 'optax': optax},
    **{'params': params, 'counts': js.erk(params, 0.9), 'key': key},
    **{'apply': apply, 'loss': loss, 'batch': batch},
    'probe': js.Probe(loss, [batch], apply, batch[0][:1]),
    'workdir': str(workdir),
    'images': jnp.ones((4, 8, 8, 1)),
  }


@pytest.mark.parametrize('name', js.__all__)
def test_each_has_an_example_and_it_runs(name, names):
  text = getattr(js, name).__doc__
  example = doctest.DocTestParser().get_doctest(
    text, dict(names), name, None, 0
  )
  assert example.examples
  report = []
  runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
  runner.run(example, out=report.append)
  assert not runner.failures, ''.join(report)


def test_steps_are_said_once(names):
  params, counts, key = (names[n] for n in ('params', 'counts', 'key'))
  said = js.sparsify(
    optax.sgd(0.1),
    js.rigl(counts, start_step=1, stop_step=4, update_interval=2),
    key=key,
  )
  again = js.sparsify(
    optax.sgd(0.1),
    js.rigl(counts, start_step=1, stop_step=4),
    key=key,
    **{'update_interval': 2, 'start_step': 1, 'stop_step': 4},
  )
  states = said.init(params), again.init(params)
  first = states[0].mask_state.masks
  grads = jax.tree.map(jnp.cos, params)
  for _ in range(3):
    updates = [
      jax.jit(tx.update)(grads, state, params)
      for tx, state in zip((said, again), states, strict=True)
    ]
    jax.tree.map(np.testing.assert_array_equal, *updates)
    states = [state for _, state in updates]
  last = states[0].mask_state.masks
  assert (first['a']['kernel'] != last['a']['kernel']).any()


def test_an_end_that_nobody_says_is_asked_for(names):
  for method in (js.ste, js.topkast, js.deep_r):
    with pytest.raises(ValueError, match='stop_step is None.*sparsify'):
      js.sparsify(optax.sgd(0.1), method(names['counts']), key=names['key'])


def test_states_and_methods_fit_a_line(names):
  updater = js.rigl(names['counts'], stop_step=750)
  tx = js.sparsify(optax.adam(0.1), updater, key=names['key'])
  assert 'stop_step=750' in repr(updater)
  assert len(repr(updater)) < 160
  state = tx.init(names['params'])
  assert (
    repr(state) == 'SparsifyState(step=0, masks of 1,500 weights in 2 leaves)'
  )
  assert 'step=' in repr(jax.eval_shape(tx.init, names['params']))


def test_a_sparse_net_is_pruned_further(names):
  params, counts = names['params'], names['counts']
  first = js.prune(params, counts)
  fewer = jax.tree.map(lambda n: n // 2, counts)
  second = js.prune(first.params, fewer, masks=first.masks)
  for path in ('a', 'b'):
    one, two = (pruned.masks[path]['kernel'] for pruned in (first, second))
    assert two.sum() == fewer[path]['kernel']
    assert not (two & ~one).any()
