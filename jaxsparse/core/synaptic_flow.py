"""The synaptic flow of a net, and its derivative by each weight's size."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core import gradients
from jaxsparse.core.types import Counts, Params, Probe, PyTree

# Powers of two between which a flow is computed as it is.
_USUAL = 60.0
# Powers of two by which inputs are scaled, until the flow is a float32.
_SCALES = (0.0, -50.0, 50.0, -100.0, 100.0, -118.0, 118.0)


class Flow(NamedTuple):
  """The derivatives of the flow.

  Attributes:
    weights: |w| of the masked leaves, `None` for the params.
    grads: dR/d|w|, all times the same power of two.
  """

  weights: Params
  grads: PyTree


def flow(probe: Probe | None, params: Params, counts: Counts) -> Flow:
  """Returns the derivatives of the synaptic flow R (Tanaka et al. 2020, eq. 3).

  R = 1^T (prod |w|) 1 is the sum of the outputs for inputs of ones, with every
  parameter replaced by its absolute value. It grows with depth beyond float32,
  so inputs and derivatives are scaled by powers of two, which ranks weights no
  differently, in nets with residual branches either. With biases that are not 0
  the scale of the inputs matters: it stays 1 while R is in [2^-60, 2^60].

  Args:
    probe: `apply`, and the shape of its `inputs`.
    params: 0 where pruned.
    counts: `None` where a leaf is exempt.

  Raises:
    ValueError: no `apply` or no `inputs`.
  """
  probe = Probe() if probe is None else probe
  apply, inputs = probe.apply, probe.inputs
  if apply is None or inputs is None:
    raise ValueError(
      'the method scores weights by the outputs for inputs of ones; accepted is'
      ' a probe with apply and inputs'
    )
  positive = jax.tree.map(lambda p: jnp.abs(gradients.widened(p)), params)
  weights = gradients.masked_leaves(positive, counts)

  @jax.jit
  def outputs(weights, params, exponent, factor):
    merged = gradients.merged(weights, params)
    ones = jnp.full(inputs.shape, jnp.exp2(exponent), inputs.dtype)
    return jnp.sum(apply(merged, ones) * factor)

  @jax.jit
  def derivatives(weights, params):
    scales = jnp.array(_SCALES, jnp.float32)

    def measured(trial):
      index, _ = trial
      flow = outputs(weights, params, scales[index], 1.0)
      return index + 1, jnp.log2(flow).astype(jnp.float32) - scales[index]

    def unknown(trial):
      index, size = trial
      return ~jnp.isfinite(size) & (index < len(_SCALES))

    _, size = jax.lax.while_loop(unknown, measured, (0, jnp.float32(jnp.nan)))
    # A flow of 0 has no size, and its derivatives need no scale.
    size = jnp.where(jnp.isfinite(size), jnp.round(size), 0.0)
    large = jnp.abs(size) > _USUAL
    exponent = jnp.where(large, jnp.round(-size / 2), 0.0)
    factor = jnp.exp2(-size - exponent)
    return jax.grad(outputs)(weights, params, exponent, factor)

  with jax.default_matmul_precision('highest'):
    return Flow(weights, derivatives(weights, positive))
