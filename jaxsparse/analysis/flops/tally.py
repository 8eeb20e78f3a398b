"""Who is charged for a product."""

from collections import Counter
from collections.abc import Sequence

from jax.extend.core import JaxprEqn

from jaxsparse.analysis.flops import products
from jaxsparse.analysis.flops.origins import Origin
from jaxsparse.analysis.flops.products import size


class Tally:
  """What the products that were met cost, by leaf or by kind.

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
    """All multiply-adds."""
    return self.macs.total() + self.rest.total()

  def anew(self) -> 'Tally':
    """An empty one of the same convention."""
    return Tally(self.border)

  def add(self, other: 'Tally', times: int = 1) -> None:
    """Adds what another one holds so many times."""
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
    own = [i for i in (0, 1) if origins[i].shares]
    if len(own) != 1:
      self.rest[' x '.join(sorted(map(_kind, origins[:2])))] += cost
      return
    entries = size(eqn.invars[own[0]])
    shares = _shares(origins[own[0]], entries)
    if not shares or any(cost * n % entries for _, n in shares):
      self.rest['several weights'] += cost
      return
    outputs = size(eqn.outvars[0])
    for leaf, n in shares:
      self.macs[leaf] += cost * n // entries
      self.outputs[leaf] += outputs * n // entries if shares[1:] else outputs
    constants = entries - sum(n for _, n in shares)
    if constants:
      other = _kind(origins[1 - own[0]])
      self.rest[f'{other} x constant'] += cost * constants // entries


def _shares(origin: Origin, entries: int) -> tuple[tuple[int, int], ...]:
  """`(leaf, entries)` of an operand; none if that cannot be told."""
  if not origin.mixed:
    return origin.shares
  (leaf, _), *others = origin.shares
  return () if others else ((leaf, entries),)


def _kind(origin: Origin) -> str:
  if origin.data:
    return 'activation'
  return 'weight' if origin.shares else 'constant'
