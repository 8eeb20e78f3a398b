"""Which leaf of an optimiser's state belongs to which parameter.

It is read from the state itself, through `optax.tree.map_params`; no optimiser
is known by name.
"""

import optax

from jaxsparse.core import paths
from jaxsparse.core.types import Params, PyTree

NO_OWNER = -1


def owners(
  tx: optax.GradientTransformation, opt_state: PyTree, params: Params
) -> PyTree:
  """Maps each leaf of an optimiser's state to the parameter it describes.

  Args:
    tx: the optimiser.
    opt_state: its state; leaves may be `ShapeDtypeStruct`.
    params: the parameters; leaves may be `ShapeDtypeStruct`.

  Returns:
    A tree of the structure of `opt_state`. A leaf is the index, in
    `jax.tree.leaves(params)`, of the parameter that the statistic describes,
    or `NO_OWNER` for counters, hyperparameters and keys.
  """
  index = {path: i for i, path in enumerate(paths.flatten(params))}

  def owner(path, _):
    # By prefix: a parameter's place may hold several statistics (sm3).
    parts = path.split('/')
    prefixes = ('/'.join(parts[:n]) for n in range(len(parts), -1, -1))
    return next((index[p] for p in prefixes if p in index), NO_OWNER)

  # is_leaf hands over each copy of the params' tree whole, so that parts left
  # out by optax.masked need not match the structure of the params.
  return optax.tree.map_params(
    tx,
    lambda copy: paths.map_with_path(owner, copy),
    opt_state,
    transform_non_params=lambda _: NO_OWNER,
    is_leaf=lambda _: True,
  )
