"""Costs of a network: multiply-adds by leaf, FLOPs, bytes; for any model.

`macs` walks the jaxpr of an apply function, of any library, and counts the
multiply-adds that each leaf of the params takes part in. It reads shapes alone:
nothing is compiled or computed. `inference` computes from it the cost of
a network under masks, `training` has the published formulas of sparse training,
`padded_twice` a correction that published figures need, and `bitmask_bytes` and
`csr_bytes` compute the size of a network on disk.

On a model of your own:

>>> import jax, jax.numpy as jnp
>>> from jaxsparse.analysis import flops
>>> def apply(params, x):
...   return jax.nn.relu(x @ params['hidden']) @ params['logits']
>>> params = {'hidden': jnp.ones((8, 5)), 'logits': jnp.ones((5, 3))}
>>> found = flops.macs(apply, params, jnp.ones((1, 8)))
>>> found.leaves, found.total
({'hidden': 40, 'logits': 15}, 55)
>>> sparse = flops.inference(found, params, {'hidden': 10, 'logits': None})
>>> float(sparse)
25.0
>>> cost = flops.training.rigl(sparse, found.total, update_interval=100)
>>> round(float(cost / flops.training.dense(found.total)), 4)
0.4563

With Flax linen the params may be whole variables
(`module.apply(variables, x, train=False)`), with nnx
`graph, params = nnx.split(model)` and `nnx.merge(graph, params)(x)`, with
Equinox `params, static = eqx.partition(model, eqx.is_array)` and
`jax.vmap(eqx.combine(params, static))(x)`.
"""

from jaxsparse.analysis.flops import training
from jaxsparse.analysis.flops.count import Macs, macs
from jaxsparse.analysis.flops.inference import (
  Convention,
  by_leaf,
  inference,
  micronet,
  multiply_adds,
  padded_twice,
)
from jaxsparse.analysis.flops.size import bitmask_bytes, csr_bytes

__all__ = [
  'Convention',
  'Macs',
  'bitmask_bytes',
  'by_leaf',
  'csr_bytes',
  'inference',
  'macs',
  'micronet',
  'multiply_adds',
  'padded_twice',
  'training',
]
