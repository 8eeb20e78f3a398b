"""Perplexity: the exponential of the mean cross entropy in nats."""

import numpy as np

from jaxsparse.core.metric import Metric, losses_as_terms


def perplexity() -> Metric:
  """Returns exp(mean loss), of a loss in nats; from 1 to the classes' number.

  Of a loss beyond 709 nats it is infinite.
  """
  return Metric(
    'perplexity',
    'perplexity',
    digits=3,
    higher_is_better=False,
    terms=losses_as_terms,
    value=_exponential,
  )


def _exponential(totals: np.ndarray, count: float) -> float:
  with np.errstate(over='ignore'):
    return float(np.exp(totals / count))
