"""Curves between two solutions along which the loss stays low.

Garipov et al. 2018, "Loss Surfaces, Mode Connectivity, and Fast Ensembling of
DNNs": the ends of a Bezier curve are fixed, and its control points minimise the
loss expected at a uniformly random point of it. Evci et al. 2020, "Rigging the
Lottery", ask whether such a curve leads from a static sparse solution to
a pruned one among sparse nets, or only through dense ones.

>>> import jax, jax.numpy as jnp
>>> from jaxsparse.analysis import bezier, landscape
>>> from jaxsparse.analysis.solutions import Solution
>>> def measure(params, model_state, batch):  # Low on a circle.
...   return {'loss': (jnp.sum(params['w'] ** 2) - 1.0) ** 2}
>>> ends = [Solution({'w': jnp.array([w, 0.1])}) for w in (-1.0, 1.0)]
>>> data = jnp.zeros((4, 1))
>>> curve = bezier.fit(measure, *ends, data, key=jax.random.key(0), steps=200,
...                    tx=bezier.adam(0.1, steps=200))
>>> for points in (bezier.straight(*ends), curve.points):
...   found = bezier.along(measure, points, *ends, [data])
...   print(round(landscape.barrier(*found[:1], found.values['loss'])[1], 1))
1.0
0.0
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsparse.analysis import landscape
from jaxsparse.analysis.landscape import Line, Measure
from jaxsparse.analysis.solutions import Solution, check_alike, masked_params
from jaxsparse.core import prng
from jaxsparse.core.align import map_aligned
from jaxsparse.core.masks import apply_masks, check_masks
from jaxsparse.core.types import Masks, Params, PyTree

# From one end to the other; 0, 0.5 and 1 are among them.
ALPHAS = tuple(i / 24 for i in range(25))

Points = tuple[Params, ...]


class Curve(NamedTuple):
  """A fitted curve.

  Attributes:
    points: the start, the control points, the end.
    losses: [steps], of the batches at the random points of the fit.
  """

  points: Points
  losses: np.ndarray


def point(points: Points, at: float | jax.Array) -> Params:
  """Evaluates the Bezier curve of `points` at a position in [0, 1].

  With n + 1 points the sum over k of binom(n, k) at^k (1 - at)^(n - k) times
  point k: the start at 0, the end at 1, a straight line if there are two.
  """
  degree = len(points) - 1
  at = jnp.asarray(at, jnp.float32)

  def mix(*leaves: jax.Array) -> jax.Array:
    shares = [
      math.comb(degree, k) * at**k * (1 - at) ** (degree - k)
      for k in range(degree + 1)
    ]
    parts = [share * leaf for share, leaf in zip(shares, leaves, strict=True)]
    return sum(parts[1:], start=parts[0]).astype(leaves[0].dtype)

  return map_aligned(mix, *points)


def straight(start: Solution, end: Solution) -> Points:
  """Returns the line between two solutions, for `point` and `along`."""
  check_alike(start, end)
  return masked_params(start), masked_params(end)


def fit(
  measure: Measure,
  start: Solution,
  end: Solution,
  data: PyTree,
  *,
  key: jax.Array,
  degree: int = 2,
  space: Masks | None = None,
  steps: int = 1000,
  batch_size: int = 128,
  tx: optax.GradientTransformation | None = None,
) -> Curve:
  """Fits a Bezier curve of low loss between two solutions.

  Control points start evenly spaced on the straight line.

  Args:
    measure: as for `landscape.line`; its `loss` is minimised. Compiled once
      for each function, degree and `tx`.
    start: the solution at 0; masked entries count as 0.
    end: the solution at 1.
    data: arrays [n, ...]; each step takes examples of them at random.
    key: draws the positions on the curve and the examples.
    degree: 2 for one control point, 3 for two ...
    space: where control points may be other than 0, and so the whole curve if
      its ends are within: their common mask, the union of theirs
      (`analysis.exploration.explored`); by default all of the dense space.
    steps: of `tx`.
    batch_size: examples a step.
    tx: an Optax optimiser; Adam at a rate that falls from 0.01 to 0 along
      a cosine by default.

  Raises:
    ValueError: solutions of different models, masks that do not fit, a degree
      below 2, no steps or no examples.
  """
  check_alike(start, end)
  for name, value, least in (
    ('degree', degree, 2),
    ('steps', steps, 1),
    ('batch_size', batch_size, 1),
  ):
    if value < least:
      raise ValueError(f'{name} is {value}; accepted is {least} or more')
  if space is not None:
    check_masks(start.params, space)
  tx = adam(0.01, steps) if tx is None else tx
  line = straight(start, end)
  controls = tuple(
    _within(point(line, k / degree), space) for k in range(1, degree)
  )
  state, losses = tx.init(controls), []
  fixed = (line, (start.model_state, end.model_state), space, data, key)
  for step in range(steps):
    controls, state, loss = _step(
      *(measure, tx, batch_size, controls, state, fixed, jnp.int32(step))
    )
    losses.append(loss)
  return Curve(
    (line[0], *controls, line[1]), np.asarray(jax.device_get(losses))
  )


def adam(learning_rate: float, steps: int) -> optax.GradientTransformation:
  """Returns Adam at a rate that falls to 0 along half a cosine."""
  return optax.adam(optax.cosine_decay_schedule(learning_rate, steps))


def along(
  measure: Measure,
  points: Points,
  start: Solution,
  end: Solution,
  batches: Sequence[PyTree],
  *,
  alphas: Sequence[float] = ALPHAS,
  recompute: Callable[[Params, PyTree], PyTree] | None = None,
) -> Line:
  """Measures the curve of `points` at each of `alphas`.

  Args:
    measure: as for `landscape.line`.
    points: of the curve.
    start: the solution at 0, with its model state; between the ends that is on
      the line between theirs.
    end: the solution at 1.
    batches: as for `landscape.line`.
    alphas: positions in [0, 1]; `landscape.barrier` needs 0 and 1.
    recompute: as for `landscape.line`.
  """
  states = start.model_state, end.model_state
  return landscape.along(
    measure,
    lambda alpha: (point(points, alpha), _state(states, alpha)),
    batches,
    alphas=alphas,
    recompute=recompute,
  )


@partial(jax.jit, static_argnums=(0, 1, 2), donate_argnums=(3, 4))
def _step(
  measure: Measure,
  tx: optax.GradientTransformation,
  batch_size: int,
  controls: Points,
  state: PyTree,
  fixed: tuple[Any, ...],
  step: jax.Array,
) -> tuple[Points, PyTree, jax.Array]:
  (first, last), states, space, data, key = fixed
  at_step = prng.at(prng.stream(key, 'places'), step)
  position = jax.random.uniform(at_step, dtype=jnp.float32)
  size = len(jax.tree.leaves(data)[0])
  rows = jax.random.randint(
    prng.at(prng.stream(key, 'examples'), step),
    (batch_size,),
    0,
    size,
    jnp.int32,
  )
  batch = jax.tree.map(lambda x: x[rows], data)

  def loss(controls: Points) -> jax.Array:
    params = point((first, *controls, last), position)
    return measure(params, _state(states, position), batch)['loss']

  value, grads = jax.value_and_grad(loss)(controls)
  grads = tuple(_within(grad, space) for grad in grads)
  updates, state = tx.update(grads, state, controls)
  updates = tuple(_within(update, space) for update in updates)
  return optax.apply_updates(controls, updates), state, value


def _within(params: Params, space: Masks | None) -> Params:
  return params if space is None else apply_masks(params, space)


def _state(states: tuple[PyTree, PyTree], at: float | jax.Array) -> PyTree:
  return landscape.between(*states, jnp.asarray(at, jnp.float32))
