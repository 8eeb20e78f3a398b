"""Where the values of a jaxpr come from: inputs, weights or constants.

A value that depends on the inputs is an activation, whatever else went into
it. One that does not may come from weights: the number of its entries that
belong to each leaf is then known, so that a product with it can be charged.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jax.extend.core import JaxprEqn

from jaxsparse.analysis.flops.products import COUNTED, size


class Origin(NamedTuple):
  """The source of a value: leaves of the params, inputs or constants.

  Attributes:
    shares: `(leaf, entries)` by leaf: the number of entries of the value that
      are its weights; empty for activations and constants. Entries that are no
      leaf's are constants.
    numbers: how many numbers they come from: a mean that is spread over a
      kernel is one.
    data: whether it depends on the inputs.
    mixed: whether it is unknown which entries belong to which leaf; their
      numbers are then 0.
  """

  shares: tuple[tuple[int, int], ...] = ()
  numbers: int = 0
  data: bool = False
  mixed: bool = False


CONSTANT = Origin()
ACTIVATION = Origin(data=True)

# The operand that is inserted, and the one around it or replaced in part.
_PLACED = {'pad': (0, 1), 'dynamic_update_slice': (1, 0), 'scatter': (2, 0)}
_PICKED = ('gather', 'dynamic_slice')


def merged(a: Origin, b: Origin) -> Origin:
  """Returns the origin of a value that is one or the other."""
  if a.data or b.data:
    return ACTIVATION
  if a == b or not b.shares:
    return a
  return _mixed((a, b)) if a.shares else b


def resized(origin: Origin, before: int, after: int) -> Origin:
  """Returns the origin of a value that comes from another one alone.

  Args:
    origin: of the other.
    before: its entries.
    after: entries of the value. If they are as many, they are the same ones.
  """
  result = origin
  if before != after and not origin.mixed and origin.shares:
    (leaf, entries), *_ = origin.shares
    result = of_leaf(leaf, after) if entries == before else _mixed((origin,))
  return result._replace(numbers=min(origin.numbers, after))


def of_leaf(leaf: int, entries: int) -> Origin:
  """Returns the origin of a leaf of the params."""
  return Origin(((leaf, entries),), entries)


def inherited(eqn: JaxprEqn, origins: Sequence[Origin]) -> list[Origin]:
  """Returns the origins of the outputs of an equation without inner jaxpr.

  Where several leaves go into a value entry by entry, it is of the one that
  most numbers come from: a kernel with a gain is the kernel's, and the sum of
  two of one size is mixed.

  Args:
    eqn: the equation.
    origins: of its operands.
  """
  name = eqn.primitive.name
  picks = name in _PICKED
  if picks and origins[0].shares and _of_matrices(eqn):
    origins = origins[:1]
  if name == 'select_n' and _of_weights(origins[1:]):
    origins = origins[1:]
  if any(origin.data for origin in origins):
    return [ACTIVATION] * len(eqn.outvars)
  if name == 'concatenate':
    return [_concatenated(origins)]
  if name in COUNTED and len(_leaves(origins)) > 1:
    return [_mixed(origins)]
  if name in _PLACED and not _crops(eqn):
    placed, within = (origins[i] for i in _PLACED[name])
    if not within.shares:
      return [placed]
  operands = list(zip(origins, map(size, eqn.invars), strict=False))
  source, before = _largest(operands[:1] if picks else operands)
  return [resized(source, before, size(var)) for var in eqn.outvars]


def _of_matrices(eqn: JaxprEqn) -> bool:
  """Returns whether matrices are picked, and not the rows of a table.

  A matrix picked by the data, an expert's, is a weight; a row, an embedding,
  is an activation.
  """
  return sum(n > 1 for n in eqn.params['slice_sizes']) > 1


def _of_weights(cases: Sequence[Origin]) -> bool:
  """Returns whether a mask chooses among weights (and constants) alone."""
  return any(c.shares for c in cases) and not any(c.data for c in cases)


def _crops(eqn: JaxprEqn) -> bool:
  sides = eqn.params.get('padding_config', ())
  return any(low < 0 or high < 0 for low, high, _ in sides)


def _concatenated(origins: Sequence[Origin]) -> Origin:
  if any(origin.mixed for origin in origins):
    return _mixed(origins)
  entries: Counter[int] = Counter()
  for origin in origins:
    entries.update(dict(origin.shares))
  return Origin(
    tuple(sorted(entries.items())), sum(origin.numbers for origin in origins)
  )


def _largest(operands: Sequence[tuple[Origin, int]]) -> tuple[Origin, int]:
  """Returns the origin of most numbers, and the entries of its value."""
  most = max((origin.numbers for origin, _ in operands), default=0)
  if not most:
    return CONSTANT, 0
  largest = [operand for operand in operands if operand[0].numbers == most]
  # Of one leaf at two sizes, the smaller is still to be spread.
  source, before = max(largest, key=lambda operand: operand[1])
  origins = [origin for origin, _ in largest]
  alike = all(_leaves([origin]) == _leaves(origins) for origin in origins)
  return (source if alike else _mixed(origins)), before


def _mixed(origins: Sequence[Origin]) -> Origin:
  shares = tuple((leaf, 0) for leaf in sorted(_leaves(origins)))
  numbers = max((origin.numbers for origin in origins), default=0)
  return Origin(shares, numbers, mixed=True)


def _leaves(origins: Iterable[Origin]) -> set[int]:
  return {leaf for origin in origins for leaf, _ in origin.shares}
