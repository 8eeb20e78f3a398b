"""A measured number: its label and unit, and how an evaluation computes it."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

Terms = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def mean(totals: np.ndarray, count: float) -> float:
  """Returns the mean term of a label."""
  return float(totals / count)


def losses_as_terms(
  logits: jax.Array, labels: jax.Array, losses: jax.Array
) -> jax.Array:
  """Returns the losses: the terms of a metric of the mean loss."""
  del logits, labels
  return losses


def no_terms(
  logits: jax.Array, labels: jax.Array, losses: jax.Array
) -> jax.Array:
  """Raises `ValueError`: the terms of a number that no evaluation computes."""
  raise ValueError('the metric has no terms; accepted is one with terms')


class Metric(NamedTuple):
  """A number of a run: its label, unit and format, and its computation.

  Attributes:
    name: the entry of records and summaries; of an evaluation without the
      split (`accuracy`).
    label: for headings and axes.
    scale: factor from the entry to the displayed value.
    unit: of the displayed value; '' for none.
    digits: after the decimal point.
    powers: whether values too small for these digits, or of 1e6 and more, are
      written in powers of ten.
    exact: whether the config determines it, so that seeds which agree are no
      accident.
    significant: whether `digits` counts significant digits, for a number that
      spans orders of magnitude.
    higher_is_better: its direction.
    terms: `(logits [b, c], labels [b], losses [b]) -> [b, ...]`, what each
      label adds to the totals; of sequences `[b, t, c]` and `[b, t]`. A number
      that no evaluation computes has none.
    value: `(totals, count) -> float`, from the float64 totals over the `count`
      labels of a split; by default their mean. Or a mapping of floats by name,
      whose entry `mean` stands for it in tables.
  """

  name: str
  label: str
  scale: float = 1.0
  unit: str = ''
  digits: int = 2
  powers: bool = False
  exact: bool = False
  significant: bool = False
  higher_is_better: bool = True
  terms: Terms = no_terms
  value: Callable[[np.ndarray, float], float | dict[str, float]] = mean

  @property
  def heading(self) -> str:
    """Label with its unit."""
    return f'{self.label} ({self.unit})' if self.unit else self.label

  @property
  def difference_unit(self) -> str:
    """Unit of a difference: points for per cent, else `unit`."""
    return 'points' if self.unit == '%' else self.unit

  def text(self, value: float) -> str:
    """Formats a value, which is in displayed units."""
    if self.significant:
      return f'{value:#.{self.digits}g}'
    small = abs(value) < 0.5 * 10**-self.digits
    if self.powers and value and (small or abs(value) >= 1e6):
      return f'{value:.3g}'
    return f'{value:,.{self.digits}f}'
