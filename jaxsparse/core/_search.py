"""Searches for the threshold that a given number of keys reach.

Keys are uint32 and lie in several arrays. A search looks for a threshold t
with count(key >= t) = k; where equal keys make that impossible it ends at the
t whose class straddles k. It only compares and counts: no key is moved, so
arrays are not concatenated, reshaped or sorted, stay sharded as they are, and
k is data.

`interpolation` makes few passes, as many as the data ask for: for CPU.
`bisection` makes 32, always: on accelerators a loop of known length needs no
word from the host between passes.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

# Room above for a threshold that no key reaches, also after its rounding.
HIGHEST_KEY = np.uint32(0xFFFFFFFD)
_NONE_REACH = np.uint32(0xFFFFFFFF)
_SAMPLE = 256
_SAMPLED_FROM = 1 << 16  # fewer are counted sooner than a sample is ranked
_BELOW_ONE = np.float32(1 - 2.0**-24)


class Bracket(NamedTuple):
  """count(key >= low) = at_low >= k >= at_high = count(key >= high).

  uint32 scalars. A search ends with `at_low` = k, or with `high` = `low` + 1.
  """

  low: Array
  high: Array
  at_low: Array
  at_high: Array


Search = Callable[[Sequence[Array], Array, Bracket], Bracket]


def above(low: np.uint32, at_low: Array) -> Bracket:
  """The bracket of all thresholds from `low`, which `at_low` keys reach."""
  none = at_low - at_low  # keeps the type, mesh axes included, of at_low
  return Bracket(none + low, none + _NONE_REACH, at_low, none)


def bisection(keys: Sequence[Array], k: Array, within: Bracket) -> Bracket:
  """Halves the bracket 32 times."""

  def body(_: Array, b: Bracket) -> Bracket:
    middle = b.low + (b.high - b.low) // 2
    counts = [jnp.sum(key >= middle, dtype=jnp.uint32) for key in keys]
    return _narrowed(b, k, [(middle, sum(counts, start=jnp.uint32(0)))])

  return lax.fori_loop(0, 32, body, within)


def sampled_interpolation(
  keys: Sequence[Array], k: Array, within: Bracket
) -> Bracket:
  """`interpolation`, after one pass at thresholds that a sample suggests.

  No sample is drawn of few keys, nor of keys sharded by the type of their
  array, which it would gather.
  """
  total = sum(key.size for key in keys)
  if total >= _SAMPLED_FROM and not any(_is_sharded(key) for key in keys):
    within = _counted(within, keys, k, _sampled_probes(keys, k))
  return interpolation(keys, k, within)


def interpolation(keys: Sequence[Array], k: Array, within: Bracket) -> Bracket:
  """Draws the bracket in to four thresholds a pass, until a count is k.

  Keys inside the bracket are taken as evenly spread. The thresholds are the
  place where k then lies, a step to either side of it as long as chance makes
  it err, so that a bracket of N keys shrinks to the order of sqrt(N), and the
  middle, so that no input takes more passes than bisection does.
  """

  def body(state: Array) -> Array:
    b = Bracket(*state)
    return jnp.stack(_counted(b, keys, k, _probes(b, k)))

  def going(state: Array) -> Array:
    b = Bracket(*state)
    return (b.at_low != k) & (b.high - b.low > 1)

  # Stacked, because every scalar of the state would cost a kernel to compile.
  return Bracket(*lax.while_loop(going, body, jnp.stack(within)))


def _counted(
  b: Bracket, keys: Sequence[Array], k: Array, probes: Array
) -> Bracket:
  """`b` drawn in to `probes`, counted in one pass over the keys."""
  thresholds = [*probes]
  counts = [count_true([key >= t for t in thresholds]) for key in keys]
  totals = [sum(c, start=jnp.uint32(0)) for c in zip(*counts, strict=True)]
  return _narrowed(b, k, zip(thresholds, totals, strict=True))


def count_true(masks: Sequence[Array]) -> Sequence[Array]:
  """True entries of each of two or more bool arrays of one shape, uint32.

  One reduction of several operands, all kept by a barrier: XLA for CPU makes
  it a loop in registers, while it writes the operand of a sum to memory.
  """
  counts = lax.reduce(
    [mask.astype(jnp.uint32) for mask in masks],
    [np.uint32(0)] * len(masks),
    lambda x, y: [a + b for a, b in zip(x, y, strict=True)],
    tuple(range(masks[0].ndim)),
  )
  return lax.optimization_barrier(counts)


def _probes(b: Bracket, k: Array) -> Array:
  """Four thresholds inside the bracket, as `interpolation` says."""
  n = jnp.maximum(b.at_low - b.at_high, 1).astype(jnp.float32)
  at = (b.at_low - k).astype(jnp.float32) / n
  error = 2 * jnp.sqrt(at * (1 - at) / n)
  sides = at + error * np.array([-1, 0, 1, 0], np.float32)
  fractions = jnp.where(
    np.array([True, True, True, False]),
    jnp.clip(sides, at / 2, (1 + at) / 2),
    np.float32(0.5),
  )
  width = b.high - b.low
  # 1 would round to 2**32, which uint32 does not hold.
  steps = jnp.minimum(fractions, _BELOW_ONE) * width.astype(jnp.float32)
  return b.low + jnp.clip(steps.astype(jnp.uint32), 1, width - 1)


def _sampled_probes(keys: Sequence[Array], k: Array) -> Array:
  """Thresholds that should hold k between them, from a sample ranked in full.

  The keys three standard errors to either side of k and, for where equal keys
  straddle k, the one at k and the next number.
  """
  total = sum(key.size for key in keys)
  # Odd, so that it does not stay in a few columns of a power of two.
  stride = total // _SAMPLE | 1
  sample = jnp.concatenate([key.ravel()[::stride] for key in keys])
  rank = jnp.sum(sample[None, :] >= sample[:, None], axis=1, dtype=jnp.float32)
  size = np.float32(sample.size)
  share = k.astype(jnp.float32) / np.float32(total)
  error = 3 * jnp.sqrt(size * share * (1 - share)) + 1
  asked = share * size + error * np.array([1, 0, 0, -1], np.float32)
  low_enough = rank[None, :] >= jnp.clip(asked, 1, size)[:, None]
  probes = jnp.max(jnp.where(low_enough, sample[None, :], np.uint32(0)), axis=1)
  return probes + np.array([0, 0, 1, 1], np.uint32)


def _is_sharded(key: Array) -> bool:
  return any(axis is not None for axis in jax.typeof(key).sharding.spec)


def _narrowed(
  b: Bracket, k: Array, counted: Iterable[tuple[Array, Array]]
) -> Bracket:
  """`b` drawn in to the thresholds of `counted`: pairs of t and its count."""
  for t, count in counted:
    enough = count >= k
    b = Bracket(
      jnp.where(enough, jnp.maximum(b.low, t), b.low),
      jnp.where(enough, b.high, jnp.minimum(b.high, t)),
      jnp.where(enough, jnp.minimum(b.at_low, count), b.at_low),
      jnp.where(enough, b.at_high, jnp.maximum(b.at_high, count)),
    )
  return b
