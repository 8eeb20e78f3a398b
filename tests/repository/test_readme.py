"""The README's code runs as it stands."""

import pathlib
import re

import jax
import jax.numpy as jnp

from jaxsparse.core import masks

_README = pathlib.Path(__file__).parents[2] / 'README.md'


def _block(heading):
  section = _README.read_text('utf-8').partition(f'## {heading}')[2]
  return re.search(r'```python\n(.*?)```', section, re.DOTALL).group(1)


def test_loop_of_ones_own_trains_a_sparse_net():
  key = jax.random.key(0)
  x = jax.random.normal(key, (64, 20))
  y = jnp.tanh(x @ jnp.linspace(-1, 1, 20))
  params = {
    'a': {'kernel': jax.random.normal(key, (20, 50)), 'bias': jnp.zeros(50)},
    'b': {'kernel': jax.random.normal(key, (50, 20)), 'bias': jnp.zeros(20)},
  }

  def loss(params, batch):
    x, y = batch
    hidden = jax.nn.relu(x @ params['a']['kernel'] + params['a']['bias'][None])
    out = hidden @ params['b']['kernel'] + params['b']['bias'][None]
    return jnp.mean((jnp.mean(out, axis=-1) - y) ** 2)

  names = {'params': params, 'loss': loss}
  exec(_block('In a loop of your own'), names)
  state, step = names['state'], names['train_step']
  seen = names['js'].sparsify_params
  first = loss(seen(params, state), (x, y))
  for _ in range(1000):
    params, state = step(params, state, (x, y))
  active = masks.active_by_path(state.mask_state.masks)
  assert sum(active.values()) in (40, 41)
  assert int((params['a']['kernel'] != 0).sum()) <= active['a/kernel']
  assert loss(params, (x, y)) < 0.5 * first


def test_method_of_ones_own_keeps_its_counts():
  from jaxsparse.core import drop_grow, types

  names = {
    'MaskState': types.MaskState,
    'MaskUpdater': types.MaskUpdater,
    'carry_over': drop_grow.carry_over,
    'drop_and_grow': drop_grow.drop_and_grow,
    'magnitudes': lambda p: jax.tree.map(jnp.abs, p),
    'masks': masks,
    'scores': lambda g: jax.tree.map(jnp.abs, g),
  }
  exec(_block('A method of your own'), names)
  params = {'kernel': jax.random.normal(jax.random.key(1), (8, 9))}
  updater = names['mine']({'kernel': 20})
  state = updater.init(params, key=jax.random.key(2))
  before = state.masks['kernel']
  grads = {'kernel': jax.random.normal(jax.random.key(3), (8, 9))}
  _, state = updater.update(grads, state, params, step=0, key=None)
  assert int(state.masks['kernel'].sum()) == 20
  assert bool((before != state.masks['kernel']).any())
