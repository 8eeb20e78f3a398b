"""The state of a loop as readable text."""

import jax

from jaxsparse.core import tables
from jaxsparse.core.types import Masks, MaskState
from jaxsparse.optim.sparsify import SparsifyState


def summary(state: SparsifyState | MaskState | Masks) -> str:
  """Tabulates the masks of a state: active weights and sparsity of each leaf.

  >>> params = {'kernel': jnp.ones((20, 50)), 'bias': jnp.ones(50)}
  >>> updater = js.static({'kernel': 100, 'bias': None})
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)
  >>> print(js.summary(tx.init(params)))
  step 0
  leaf           shape  weights  active  sparsity
  kernel         20x50    1,000     100    0.9000
  masked leaves           1,000     100    0.9000

  Args:
    state: of a `sparsify` transformation or a method, or masks. Not traced.
  """
  lines = []
  if isinstance(state, SparsifyState):
    lines.append(f'step {int(state.step):,}')
    state = state.mask_state
  masks = state.masks if isinstance(state, MaskState) else state
  shapes = jax.tree.map(
    lambda m: jax.ShapeDtypeStruct(m.shape, 'float32'), masks
  )
  return '\n'.join([*lines, tables.table(shapes, masks)])
