"""Training FLOPs of an example by the published formulas, method by method.

A step costs a forward pass, the gradient of activations and that of weights,
each as much as a forward pass by the weights that take part (Evci et al.
2020, "Rigging the Lottery"). Arguments are costs of such passes by whatever
convention; exact numbers give exact ones. Top-k, random numbers and what is
done once at initialisation count for nothing.
"""

from collections.abc import Iterable
from fractions import Fraction

Cost = int | float | Fraction


def step(forward: Cost, gradient: Cost) -> Cost:
  """Returns 2 f + g: one step of any method.

  Args:
    forward: f, by the weights that the loss sees.
    gradient: g, by the weights whose gradient is computed.
  """
  return 2 * forward + gradient


def dense(dense: Cost) -> Cost:
  """Returns 3 f_D: all weights, all the time."""
  return step(dense, dense)


def static(sparse: Cost) -> Cost:
  """Returns 3 f_S: methods that need no gradient but that of active weights.

  Static masks and those chosen at initialisation, SET, Deep R, DSR, and a
  small dense network.

  Args:
    sparse: f_S; its mean over steps where it varies.
  """
  return step(sparse, sparse)


def rigl(sparse: Cost, dense: Cost, *, update_interval: int) -> Cost:
  """Returns (3 f_S dT + 2 f_S + f_D) / (dT + 1): RigL, and methods like it.

  As if masks were updated to the end, each time on an extra batch. Less than
  twice `static` where dT > 1 / (1 - sparsity), roughly.

  Args:
    sparse: f_S.
    dense: f_D.
    update_interval: dT, steps from one update to the next, >= 1.

  Raises:
    ValueError: `update_interval` is below 1.
  """
  if update_interval < 1:
    raise ValueError(
      f'update_interval is {update_interval}; accepted is 1 or more'
    )
  interval = update_interval * static(sparse) + step(sparse, dense)
  return _over(interval, update_interval + 1)


def snfs(sparse: Cost, dense: Cost) -> Cost:
  """Returns 2 f_S + f_D: the gradient of all weights at each step.

  Sparse momentum, and straight-through estimators, which train all weights of
  a network that sees some.

  Args:
    sparse: f_S; its mean over steps where it varies.
    dense: f_D.
  """
  return step(sparse, dense)


def topkast(forward: Cost, backward: Cost) -> Cost:
  """Returns 2 f_A + f_B: forward by weights A, gradients of B, a superset.

  Jayakumar et al. 2020, "Top-KAST". Activations are differentiated through A.

  Args:
    forward: f_A.
    backward: f_B.
  """
  return step(forward, backward)


def gmp(sparse: Iterable[Cost]) -> Cost:
  """Returns the mean of 3 f_t: gradual pruning, where f falls over the run.

  Args:
    sparse: f_t of each step, or of steps evenly spaced over the run.

  Raises:
    ValueError: there is none.
  """
  costs = [static(cost) for cost in sparse]
  if not costs:
    raise ValueError('got no step; accepted is the cost of one step or more')
  return _over(sum(costs), len(costs))


def _over(total: Cost, steps: int) -> Cost:
  """Returns a mean, exact unless the total is a float."""
  return total / steps if isinstance(total, float) else Fraction(total) / steps
