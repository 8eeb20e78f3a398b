"""Signal propagation: what reaches each layer, forward and backward.

At initialisation the activations of a sparse net shrink from layer to layer,
and its gradients on the way back, unless its weights are scaled to the
connections that there are (Evci et al. 2022, figure 1).

The model is a function `(params, inputs, tap) -> outputs` that passes what is
to be measured through `tap(name, value)` and goes on with what it returns.
So any library will do, and plain functions too; `linen_apply` makes one of a
Flax linen module as it is. On a model of your own:

>>> import jax, jax.numpy as jnp
>>> def apply(params, x, tap):
...   x = jax.nn.relu(tap('hidden', x @ params['hidden']))
...   return tap('logits', x @ params['logits'])
>>> params = {'hidden': jnp.ones((8, 5)), 'logits': jnp.ones((5, 3))}
>>> found = forward_signal(apply, params, jnp.ones((4, 8)))
>>> {name: float(f.mean_square) for name, f in found.items()}
{'hidden': 64.0, 'logits': 1600.0}
>>> def loss(outputs, targets):
...   return jnp.mean((outputs - targets) ** 2)
>>> back = backward_signal(apply, loss, params, jnp.ones((4, 8)), 0.0)
>>> {name: round(float(b.norm), 2) for name, b in back.items()}
{'hidden': 89.44, 'logits': 23.09}

With an Equinox model the function reads
`x = tap('0', jax.vmap(model.layers[0])(x))`, with a Flax nnx one
`x = tap('fc', nnx.merge(graph, params).fc(x))`. Taps are called outside
`jax.vmap`, `jax.jit`, `jax.checkpoint` and `jax.lax.scan`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.core.types import Params, PyTree

Tap = Callable[[str, jax.Array], jax.Array]
Apply = Callable[[Params, PyTree, Tap], PyTree]


class Forward(NamedTuple):
  """Moments of one tapped value over all its entries; float32 scalars.

  Attributes:
    mean: the mean.
    mean_square: the mean of squares, which variance scaling keeps.
    deviation: the standard deviation, that of the published plots.
  """

  mean: jax.Array
  mean_square: jax.Array
  deviation: jax.Array


class Backward(NamedTuple):
  """Size of the loss's gradient at one tapped value; float32 scalars.

  Attributes:
    norm: the L2 norm over all entries.
    mean_square: the mean of squares; for a loss that is a mean over n
      examples it falls as 1 / n^2.
  """

  norm: jax.Array
  mean_square: jax.Array


def forward_signal(
  apply: Apply, params: Params, inputs: PyTree
) -> dict[str, Forward]:
  """Measures the forward signal at each tap.

  Args:
    apply: `(params, inputs, tap) -> outputs`; see above.
    params: 0 outside the masks.
    inputs: what `apply` takes, a batch.

  Returns:
    By name, in the order of the calls (`jax.jit` sorts the names).

  Raises:
    ValueError: a name is tapped twice.
  """
  return {
    name: _forward(value.astype(jnp.float32))
    for name, value in _tapped(apply, params, inputs).items()
  }


def backward_signal(
  apply: Apply,
  loss: Callable[[PyTree, PyTree], jax.Array],
  params: Params,
  inputs: PyTree,
  targets: PyTree,
) -> dict[str, Backward]:
  """Measures the gradient of the loss by the value at each tap.

  Args:
    apply: `(params, inputs, tap) -> outputs`; see above.
    loss: `(outputs, targets) -> scalar`.
    params: 0 outside the masks.
    inputs: what `apply` takes, a batch.
    targets: what `loss` takes.

  Returns:
    By name, in the order of the calls (`jax.jit` sorts the names).

  Raises:
    ValueError: a name is tapped twice.
  """
  names: list[str] = []

  def values(params: Params, inputs: PyTree) -> list[jax.Array]:
    tapped = _tapped(apply, params, inputs)
    names.extend(tapped)
    return list(tapped.values())

  shapes = jax.eval_shape(values, params, inputs)
  zeros = {
    name: jnp.zeros(shape.shape, shape.dtype)
    for name, shape in zip(names, shapes, strict=True)
  }

  def moved(added: dict[str, jax.Array]) -> jax.Array:
    return loss(apply(params, inputs, lambda n, v: v + added[n]), targets)

  grads = jax.grad(moved)(zeros)
  return {name: _backward(grads[name].astype(jnp.float32)) for name in names}


def linen_apply(module: nn.Module, **kwargs: Any) -> Apply:
  """Returns an `apply` of a linen module that taps all submodules' outputs.

  Args:
    module: called as `module.apply(variables, inputs, **kwargs)`.
    **kwargs: such as `train=False`.

  Returns:
    `(variables, inputs, tap) -> outputs`, `variables` as linen has them
    (`{'params': params}`). Names are module paths (`block/Dense_0`), and
    `name:1`, `name:2` ... where one is called again. Outputs of a layer
    before its activation function are pre-activations. Modules that lift
    `nn.scan`, `nn.vmap` or `nn.remat` over submodules cannot be tapped.
  """

  def apply(variables: PyTree, inputs: PyTree, tap: Tap) -> PyTree:
    calls: dict[str, int] = {}

    def intercept(
      call: Callable[..., Any], args: Any, options: Any, context: Any
    ) -> Any:
      out = call(*args, **options)
      name = '/'.join(context.module.path)
      if not name or context.method_name != '__call__' or not _is_signal(out):
        return out
      again = calls.get(name, 0)
      calls[name] = again + 1
      return tap(f'{name}:{again}' if again else name, out)

    with nn.intercept_methods(intercept):
      return module.apply(variables, inputs, **kwargs)

  return apply


def _is_signal(value: Any) -> bool:
  return isinstance(value, jax.Array) and jnp.issubdtype(
    value.dtype, jnp.floating
  )


def _tapped(
  apply: Apply, params: Params, inputs: PyTree
) -> dict[str, jax.Array]:
  """Returns the value at each tap, by name."""
  tapped: dict[str, jax.Array] = {}

  def tap(name: str, value: jax.Array) -> jax.Array:
    if name in tapped:
      raise ValueError(f'{name!r} is tapped twice; names must differ')
    tapped[name] = value
    return value

  apply(params, inputs, tap)
  return tapped


def _forward(value: jax.Array) -> Forward:
  return Forward(jnp.mean(value), jnp.mean(jnp.square(value)), jnp.std(value))


def _backward(grad: jax.Array) -> Backward:
  square = jnp.square(grad)
  return Backward(jnp.sqrt(jnp.sum(square)), jnp.mean(square))
