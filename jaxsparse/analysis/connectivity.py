"""Weights on a path from an input to an output of a sparse net.

A weight whose unit has no active input, or no active output, takes part in
nothing that a net computes of its inputs, whether it is pruned or not.
Vysogorets and Kempe 2021, "Connectivity Matters: Neural Network Pruning Through
the Lens of Effective Sparsity", count such weights as pruned: the effective
sparsity is above the direct one, by far where most weights are gone.

>>> import jax, jax.numpy as jnp
>>> from jaxsparse.analysis.connectivity import follower
>>> def apply(params, x):
...   return jax.nn.relu(x @ params['hidden']) @ params['logits']
>>> params = {'hidden': jnp.ones((2, 2)), 'logits': jnp.ones((2, 2))}
>>> hidden = jnp.array([[True, False], [False, False]])
>>> logits = jnp.array([[True, False], [False, True]])
>>> masks = {'hidden': hidden, 'logits': logits}
>>> connectivity = follower(apply, params, jnp.ones((1, 2)))(masks)
>>> connectivity.effective['logits'].tolist(), connectivity.outputs.tolist()
([[True, False], [False, False]], [[True, False]])

The net is followed with inputs of 1 and each weight replaced by 1 where it is
active. Whatever an operation gives is 1 where it is above 0, and so is what
comes back through it, so that nothing overflows, cancels or vanishes, however
deep the net. Then a weight is on a path if the derivative by it is above 0.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.extend.core import JaxprEqn

from jaxsparse.core import jaxprs, paths
from jaxsparse.core.masks import check_masks, full_masks, map_masks
from jaxsparse.core.types import Masks, Params, Path

# As Flax and Equinox call the gains of norms.
_GAINS = ('scale', 'weight')


class Connectivity(NamedTuple):
  """The parts of a net that are on a path from an input to an output.

  Attributes:
    effective: masks of the weights that are; `None` where a leaf is exempt.
    outputs: of the shape of the outputs, True where a path ends.
  """

  effective: Masks
  outputs: Array


def follower(
  apply: Callable[[Params, Array], Array],
  params: Params,
  inputs: Array | jax.ShapeDtypeStruct,
) -> Callable[[Masks], Connectivity]:
  """Returns a function that finds the weights on paths, of masks of one net.

  Kernels without a mask are dense; biases make no path. A path through a
  convolution or a pool is one between positions.

  Args:
    apply: `(params, inputs) -> outputs`, in evaluation mode, with means of 0
      and variances above 0 where there are running statistics. Between its
      products, values of 0 stay 0 and those above 0 stay above 0, as with ReLU,
      max and average pools, residual branches and BatchNorm.
    params: shapes, dtypes and names are read from it.
    inputs: shape and dtype of what `apply` takes, say of one example.

  Returns:
    `(masks) -> Connectivity`, compiled once. Masks are bool leaves, `None`
    where exempt. It raises `ValueError` for masks that do not fit, and for a
    net in which paths cannot be followed: LayerNorm, attention, gates.
  """
  closed = jax.make_jaxpr(apply)(params, inputs)
  neutral = paths.map_with_path(_neutral(params), params)

  @jax.jit
  def follow(masks: Masks, value: float) -> Connectivity:
    weights = map_masks(
      lambda p, m: m.astype(p.dtype), neutral, masks, exempt=lambda p: p
    )
    entering = jnp.full(inputs.shape, value, inputs.dtype)

    def outputs(weights: Params) -> Array:
      (out,) = jaxprs.evaluate(
        closed, [*jax.tree.leaves(weights), entering], _followed
      )
      return out

    out, back = jax.vjp(outputs, weights)
    (grads,) = back(jnp.ones_like(out))
    return Connectivity(
      map_masks(lambda g, m: m & (g > 0), grads, masks), out > 0
    )

  def checked(masks: Masks) -> Connectivity:
    check_masks(params, masks)
    dense = full_masks(params, masks)
    _check(follow(dense, 1.0), follow(dense, 0.0))
    return follow(masks, 1.0)

  return checked


def _neutral(params: Params) -> Callable[[Path, Array], Array]:
  """Returns what a leaf is replaced by: 1 for kernels and gains, else 0."""
  is_kernel = paths.kernels_of(params)

  def replaced(path: Path, leaf: Array) -> Array:
    passes = is_kernel(path, leaf.shape) or path.rsplit('/', 1)[-1] in _GAINS
    dtype = jax.dtypes.canonicalize_dtype(leaf.dtype)
    return jnp.full(leaf.shape, passes, dtype)

  return replaced


def _followed(eqn: JaxprEqn, operands: Sequence[Any]) -> list[Any]:
  """Evaluates an operation to 0 and 1, and so what comes back through it."""
  called = jaxprs.called(eqn)
  if called:
    return jaxprs.evaluate(called, operands, _followed)
  if (
    eqn.primitive.name == 'reduce_window_max'
  ):  # Of equal ones a maximum takes the first.
    (x,) = operands
    results = [lax.reduce_window(x, x.dtype.type(0), lax.add, **eqn.params)]
  else:
    results = jaxprs.results(eqn, operands)
  return [
    _saturated(x) if jnp.issubdtype(x.dtype, jnp.floating) else x
    for x in results
  ]


@jax.custom_vjp
def _saturated(x: Array) -> Array:
  return (x > 0).astype(x.dtype)


def _forward(x: Array) -> tuple[Array, None]:
  return _saturated(x), None


def _backward(_: None, cotangent: Array) -> tuple[Array]:
  return (_saturated(cotangent),)


_saturated.defvjp(_forward, _backward)


def _check(ones: Connectivity, zeros: Connectivity) -> None:
  """Raises `ValueError` unless paths can be followed in the dense net."""
  accepted = 'accepted are nets of ReLU, pools, BatchNorm and sums of branches'
  if jnp.any(zeros.outputs):
    raise ValueError(
      f'outputs are not 0 for inputs of 0, whatever the biases; {accepted}'
    )
  effective = paths.flatten(ones.effective)
  cut = [path for path, mask in effective.items() if not mask.any()]
  if cut:
    raise ValueError(
      f'{cut[0]!r} is on no path that can be followed, even in the dense net;'
      f' {accepted}'
    )
