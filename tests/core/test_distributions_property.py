"""ER and ERK against a brute force that fills up, rather than caps."""

import math
from fractions import Fraction

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.core import paths
from jaxsparse.core.distributions.er import er
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.distributions.uniform import uniform

axes = st.integers(1, 40)
shapes = st.lists(
  st.lists(axes, min_size=2, max_size=4).map(tuple), min_size=1, max_size=8
)
sparsities = st.one_of(
  st.integers(0, 999).map(lambda n: f'0.{n:03d}'),
  st.floats(0, 0.9999).map(lambda x: round(x, 6)),
)


def _params(shapes):
  return {
    f'conv_{i}': {'kernel': jax.ShapeDtypeStruct(shape, np.float32)}
    for i, shape in enumerate(shapes)
  }


def _listed(counts, n):
  return [counts[f'conv_{i}']['kernel'] for i in range(n)]


def _fill(sizes, shares, budget):
  """Active weights min(N, e share), with e such that they sum to `budget`.

  The sum grows with e, and is linear between the points where a layer is
  full: one of the candidates, one for each number of full layers, is right.
  """
  order = sorted(range(len(sizes)), key=lambda i: Fraction(sizes[i], shares[i]))
  for full in range(len(sizes)):
    rest = order[full:]
    e = Fraction(
      budget - sum(sizes[i] for i in order[:full]), sum(shares[i] for i in rest)
    )
    active = [
      min(Fraction(n), e * s) for n, s in zip(sizes, shares, strict=True)
    ]
    if sum(active) == budget:
      return [math.ceil(a) for a in active]
  raise AssertionError('no level fills the budget')


def _budget(sizes, sparsity):
  return sum(n - math.floor(Fraction(str(sparsity)) * n) for n in sizes)


@given(shapes, sparsities)
def test_erk_fills_the_budget(shapes, sparsity):
  sizes = [math.prod(s) for s in shapes]
  expected = _fill(sizes, [sum(s) for s in shapes], _budget(sizes, sparsity))
  found = _listed(erk(_params(shapes), sparsity), len(shapes))
  assert found == expected


@given(shapes, sparsities)
def test_er_fills_the_budget(shapes, sparsity):
  sizes = [math.prod(s) for s in shapes]
  shares = [math.prod(s[:-2]) * (s[-2] + s[-1]) for s in shapes]
  expected = _fill(sizes, shares, _budget(sizes, sparsity))
  assert _listed(er(_params(shapes), sparsity), len(shapes)) == expected


@given(shapes, sparsities)
def test_uniform_is_the_floor_in_every_layer(shapes, sparsity):
  expected = [_budget([math.prod(s)], sparsity) for s in shapes]
  assert _listed(uniform(_params(shapes), sparsity), len(shapes)) == expected


@given(shapes, sparsities, st.integers(0, 7), sparsities)
def test_erk_pays_for_a_custom_layer_when_asked(shapes, sparsity, i, own):
  n = len(shapes)
  sizes = [math.prod(s) for s in shapes]
  i %= n
  rest = [j for j in range(n) if j != i]
  taken = _budget([sizes[i]], own)
  budget = _budget(sizes, sparsity) - taken
  options = {'custom': {f'conv_{i}/kernel': own}, 'custom_in_budget': True}
  if not 0 < budget <= sum(sizes[j] for j in rest):
    with pytest.raises(ValueError, match='cannot be met'):
      erk(_params(shapes), sparsity, **options)
    return
  expected = _fill(
    [sizes[j] for j in rest], [sum(shapes[j]) for j in rest], budget
  )
  found = _listed(erk(_params(shapes), sparsity, **options), n)
  assert found[i] == taken
  assert [found[j] for j in rest] == expected


@given(shapes, sparsities, st.integers(0, 7), sparsities)
def test_uniform_pays_for_a_custom_layer_when_asked(shapes, sparsity, i, own):
  n = len(shapes)
  sizes = [math.prod(s) for s in shapes]
  i %= n
  rest = [j for j in range(n) if j != i]
  taken = _budget([sizes[i]], own)
  budget, room = _budget(sizes, sparsity) - taken, sum(sizes[j] for j in rest)
  options = {'custom': {f'conv_{i}/kernel': own}, 'custom_in_budget': True}
  if not 0 < budget <= room:
    with pytest.raises(ValueError, match='cannot be met'):
      uniform(_params(shapes), sparsity, **options)
    return
  found = _listed(uniform(_params(shapes), sparsity, **options), n)
  assert found[i] == taken
  for j in rest:
    assert found[j] == -(-sizes[j] * budget // room)


@given(shapes, sparsities, st.randoms())
def test_the_order_of_leaves_plays_no_part(shapes, sparsity, random):
  tree = _params(shapes)
  names = list(tree)
  random.shuffle(names)
  shuffled = {name: tree[name] for name in names}
  moved = {f'z_conv_{9 - i}': tree[f'conv_{i}'] for i in range(len(shapes))}
  assert erk(shuffled, sparsity) == erk(tree, sparsity)
  expected = paths.flatten(erk(tree, sparsity)).values()
  assert sorted(paths.flatten(erk(moved, sparsity)).values()) == sorted(
    expected
  )
