"""Samples that are made up, and verdicts on them."""

import pytest

from jaxsparse.claims import verdicts
from jaxsparse.claims.estimates import Sample
from jaxsparse.results.rows import Row

S = 'updater.sparsity'


def samples(**rows):
  """`a=(1, 2)` is a run without a grid; `a={0.9: (1, 2)}` one along S."""
  by_row = {}
  for run, values in rows.items():
    grid = values if isinstance(values, dict) else {None: values}
    for place, numbers in grid.items():
      point = () if place is None else ((S, place),)
      by_row[Row(run, point)] = Sample(tuple(numbers), len(numbers))
  return by_row


def only(claim, rows):
  """The verdict on a claim that applies at one point."""
  (verdict,) = verdicts.judge(claim, rows)
  return verdict


@pytest.fixture(name='samples', scope='session')
def _samples():
  return samples


@pytest.fixture(name='only', scope='session')
def _only():
  return only


@pytest.fixture(name='outcome', scope='session')
def _outcome():
  return lambda claim, rows: only(claim, rows).outcome
