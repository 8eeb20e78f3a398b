"""Loops of one's own: nets on one batch, and steps with `optim.sparsify`."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from jaxsparse.benchmarks import nets
from jaxsparse.benchmarks.harness import Thunk
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.types import Counts, Params, PyTree
from jaxsparse.models.mlp import mlp
from jaxsparse.models.vit import vit
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

NEVER = 10**9
Step = Callable[[Params, PyTree, PyTree], tuple[Params, PyTree]]


class Problem(NamedTuple):
  """A net and what it is trained on.

  Attributes:
    name: of the net.
    params: its first params.
    loss: `(params, batch) -> scalar`.
    batch: the one batch of all steps.
    counts: active weights, ERK.
    steps: how many are timed together.
  """

  name: str
  params: Params
  loss: Callable[[Params, PyTree], jax.Array]
  batch: PyTree
  counts: Counts
  steps: int


def lenet() -> Problem:
  """Returns LeNet-300-100 at 98 %, on 100 MNIST images."""
  return problem('LeNet-300-100', mlp(), (100, 28, 28, 1), 0.98, 100)


def transformer() -> Problem:
  """Returns a Transformer of 10.6M weights at 90 %, on 8 x 64 tokens.

  A ViT of six blocks, whose embedding, head and norms are dense.
  """
  net = vit(patch_size=4, depth=6, num_classes=100)
  return problem(
    'Transformer', net, (8, 32, 32, 3), 0.9, 1, select=_is_of_block
  )


def problem(
  name: str,
  net: nn.Module,
  shape: tuple[int, ...],
  sparsity: float,
  steps: int,
  **options: Any,
) -> Problem:
  """Returns a net on random images of `shape` [n, h, w, c]."""
  data = nets.random_data(shape[1:], shape[0])
  batch = (data.images * jnp.float32(nets.SCALE), data.labels)

  def loss(params: Params, batch: PyTree) -> jax.Array:
    images, labels = batch
    logits = net.apply({'params': params}, images)
    return optax.softmax_cross_entropy_with_integer_labels(
      logits, labels
    ).mean()

  params = jax.jit(net.init)(jax.random.key(0), batch[0])['params']
  counts = erk(params, sparsity, **options)
  return Problem(name, params, loss, batch, counts, steps)


def static_sparse(
  net: Problem, tx: optax.GradientTransformation
) -> optax.GradientTransformation:
  """Returns `tx` under fixed masks."""
  return sparsify(
    tx,
    static(net.counts),
    key=jax.random.key(0),
    update_interval=1,
    start_step=0,
    stop_step=1,
  )


def rigl_sparse(
  net: Problem,
  tx: optax.GradientTransformation,
  *,
  start_step: int,
  update_interval: int,
) -> optax.GradientTransformation:
  """Returns `tx` under masks of RigL that change for ever."""
  times: dict[str, Any] = {'start_step': start_step, 'stop_step': NEVER}
  return sparsify(
    tx,
    rigl(net.counts, **times),
    key=jax.random.key(0),
    update_interval=update_interval,
    **times,
  )


def train_step(
  net: Problem, tx: optax.GradientTransformation, *, masks: bool = False
) -> Step:
  """Returns a step; with `masks`, its params go through `sparsify_params`."""

  def step(
    params: Params, state: PyTree, batch: PyTree
  ) -> tuple[Params, PyTree]:
    seen = sparsify_params(params, state) if masks else params
    grads = jax.grad(net.loss)(seen, batch)
    updates, state = tx.update(grads, state, params)
    return optax.apply_updates(params, updates), state

  return step


def loop(
  net: Problem, tx: optax.GradientTransformation, masked: str = ''
) -> Thunk:
  """Returns a thunk of the next `net.steps` steps, jitted and donated.

  Args:
    net: what is trained.
    tx: its optimiser.
    masked: where `sparsify_params` is called: 'in the step', 'before the loop',
      or '' for nowhere.
  """
  step = jax.jit(
    train_step(net, tx, masks=masked == 'in the step'), donate_argnums=(0, 1)
  )
  params = jax.tree.map(jnp.copy, net.params)
  state = tx.init(params)
  if masked == 'before the loop':
    params = sparsify_params(params, state)
  carry = [params, state]

  def thunk() -> None:
    params, state = carry
    for _ in range(net.steps):
      params, state = step(params, state, net.batch)
    carry[:] = jax.block_until_ready((params, state))

  return thunk


def _is_of_block(path: str, shape: tuple[int, ...]) -> bool:
  del shape
  return path.startswith('encoder') and path.endswith('/kernel')
