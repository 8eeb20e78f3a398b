"""Bits a label: the cross entropy in bits; of a text, bits per character."""

import math

import numpy as np

from jaxsparse.core.metric import Metric, losses_as_terms


def bits() -> Metric:
  """Returns the mean loss in bits, of a loss in nats."""
  return Metric(
    'bits',
    'bits a character',
    unit='bits',
    digits=3,
    higher_is_better=False,
    terms=losses_as_terms,
    value=_in_bits,
  )


def _in_bits(totals: np.ndarray, count: float) -> float:
  return float(totals / count) / math.log(2)
