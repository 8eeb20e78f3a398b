"""Permutations of hidden units, which change the weights and not the function.

`unit_groups` finds the groups of units that can change places in any net of
dense layers, convolutions, BatchNorm and residual branches. `permute` permutes
them in params, masks and statistics alike, `match_weights` finds permutations
that bring one net close to another, and `transplant` moves masks between
initialisations by them.

On a model of your own:

>>> import jax, jax.numpy as jnp, numpy as np
>>> from jaxsparse.analysis import permutations
>>> def logits(params, model_state, x):
...   hidden = jax.nn.relu(x @ params['hidden']['kernel'])
...   return hidden @ params['logits']['kernel']
>>> kernels = jnp.array([[1.0, 2.0]]), jnp.array([[3.0], [4.0]])
>>> params = {n: {'kernel': k} for n, k in zip(('hidden', 'logits'), kernels)}
>>> groups = permutations.unit_groups(logits, params, {}, jnp.ones((1, 1)))
>>> swapped = permutations.permute(groups, (np.array([1, 0]),), params)
>>> swapped['hidden']['kernel'].tolist(), swapped['logits']['kernel'].tolist()
([[2.0, 1.0]], [[4.0], [3.0]])
>>> found = permutations.match_weights(
...   groups, swapped, params, key=jax.random.key(0))
>>> found[0].tolist()
[1, 0]
"""

from jaxsparse.analysis.permutations.following import unit_groups
from jaxsparse.analysis.permutations.groups import (
  Groups,
  Permutations,
  UnitGroup,
  permute,
  random_permutations,
)
from jaxsparse.analysis.permutations.matching import match_weights
from jaxsparse.analysis.permutations.transplanting import HOW, transplant

__all__ = [
  'HOW',
  'UnitGroup',
  'Groups',
  'Permutations',
  'match_weights',
  'permute',
  'random_permutations',
  'transplant',
  'unit_groups',
]
