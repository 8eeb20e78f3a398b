"""The charging of products to leaves."""

from collections import Counter
from collections.abc import Sequence

from jax.extend.core import JaxprEqn

from jaxsparse.analysis.flops import products
from jaxsparse.analysis.flops.origins import Origin
from jaxsparse.analysis.flops.products import size


class Tally:
  """Costs of the products of a walk, by leaf or by kind.

  Args:
    border: whether products with padding count, see `products.convolution`.
  """

  def __init__(self, border: bool):
    self.border = border
    self.macs: Counter[int] = Counter()
    self.outputs: Counter[int] = Counter()
    self.rest: Counter[str] = Counter()

  @property
  def total(self) -> int:
    """Sum of all multiply-adds."""
    return self.macs.total() + self.rest.total()

  def anew(self) -> 'Tally':
    """Returns an empty tally of the same convention."""
    return Tally(self.border)

  def add(self, other: 'Tally', times: int = 1) -> None:
    """Adds the counts of another tally, `times` over."""
    for leaf in other.macs:
      self.macs[leaf] += times * other.macs[leaf]
      self.outputs[leaf] += times * other.outputs[leaf]
    for kind in other.rest:
      self.rest[kind] += times * other.rest[kind]

  def charge(self, eqn: JaxprEqn, origins: Sequence[Origin]) -> None:
    """Charges a product to the leaf whose weights are in one operand.

    Args:
      eqn: of a primitive in `products.COUNTED`.
      origins: of its operands.
    """
    cost = products.COUNTED[eqn.primitive.name](eqn, border=self.border)
    if not cost:
      return
    weighted = [i for i in (0, 1) if origins[i].shares]
    if len(weighted) != 1:
      self.rest[' x '.join(sorted(map(_kind, origins[:2])))] += cost
      return
    entries = size(eqn.invars[weighted[0]])
    shares = _shares(origins[weighted[0]], entries)
    if not shares or any(cost * n % entries for _, n in shares):
      self.rest['several weights'] += cost
      return
    outputs = size(eqn.outvars[0])
    for leaf, n in shares:
      self.macs[leaf] += cost * n // entries
      self.outputs[leaf] += outputs * n // entries if shares[1:] else outputs
    constants = entries - sum(n for _, n in shares)
    if constants:
      other = _kind(origins[1 - weighted[0]])
      self.rest[f'{other} x constant'] += cost * constants // entries


def _shares(origin: Origin, entries: int) -> tuple[tuple[int, int], ...]:
  """Returns `(leaf, entries)` of an operand; none where that is unknown."""
  if not origin.mixed:
    return origin.shares
  (leaf, _), *further = origin.shares
  return () if further else ((leaf, entries),)


def _kind(origin: Origin) -> str:
  if origin.data:
    return 'activation'
  return 'weight' if origin.shares else 'constant'
