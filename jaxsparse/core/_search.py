"""Searches for thresholds that exactly k keys reach.

Keys are uint32 and fall into groups, each with its k. A search looks,
in each group, for a threshold t with count(key >= t) = k. Where equal keys
make that impossible it goes on, among the keys equal to the t whose class
straddles k, to a threshold of their position keys. It only compares and counts:
no key is moved, so arrays are not concatenated or sorted, and k is data.

One loop serves all groups: what a search costs to compile hardly depends on
their number.

`interpolation` makes few passes, as many as the data ask for: for CPU.
`bisection` makes 32, and 32 again where there is a tie: on accelerators a loop
of known length needs no transfer to the host between passes. It keeps arrays
sharded as they are.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxsparse.core import _ordered, _probes
from jaxsparse.core._ordered import HIGHEST_KEY

_NONE_REACH = np.uint32(0xFFFFFFFF)

Group = Sequence[Array]


class Bracket(NamedTuple):
  """Lower and upper bounds of the thresholds, uint32 [groups] each.

  Attributes:
    low: too low or right: `at_low` >= k reach it.
    high: too high: `at_high` <= k reach it.
    at_low: how many reach `low`.
    at_high: how many reach `high`.
    k: how many shall reach the threshold.
    tied: `LOWEST_KEY` while thresholds are of keys. Then the key that straddles
      k, and all other fields refer to the position keys of its equals.
  """

  low: Array
  high: Array
  at_low: Array
  at_high: Array
  k: Array
  tied: Array

  @property
  def done(self) -> Array:
    """Groups whose threshold is found: it is `low`; bool [groups]."""
    return self.at_low == self.k

  @property
  def open(self) -> Array:
    """Groups that are not done and have keys to search, bool [groups]."""
    return ~self.done & (self.high - self.low > 1)


def whole(groups: Sequence[Group], k: Array, highest: Array) -> Bracket:
  """Returns brackets around all keys; `highest` counts the `HIGHEST_KEY`s."""
  none = k - k  # keeps the type, mesh axes included, of k
  return Bracket(
    low=none,
    high=none + HIGHEST_KEY,
    at_low=none + sizes(groups),
    at_high=highest,
    k=k,
    tied=none,
  )


def sizes(groups: Sequence[Group]) -> np.ndarray:
  """Counts the keys of each group, uint32 [groups]."""
  return np.array([sum(key.size for key in keys) for keys in groups], np.uint32)


def bisection(groups: Sequence[Group], k: Array, highest: Array) -> Bracket:
  """Halves the brackets of keys 32 times, then those of tied positions."""

  def halved(count: _ordered.Count, state: Array) -> Array:
    def body(_: Array, state: Array) -> Array:
      b = Bracket(*state)
      middle = (b.low + (b.high - b.low) // 2)[:, None]
      counts = jnp.stack(list(map(count, groups, middle, b.tied)))
      return jnp.stack(narrowed(b, middle, counts))

    return lax.fori_loop(0, 32, body, state)

  state = halved(_ordered.keys_reaching, jnp.stack(whole(groups, k, highest)))
  b = into_ties(Bracket(*state), sizes(groups))
  state = jnp.stack(b)
  return Bracket(
    *lax.cond(
      jnp.all(b.done),
      lambda: state,
      lambda: halved(_ordered.places_reaching, state),
    )
  )


def interpolation(groups: Sequence[Group], k: Array, highest: Array) -> Bracket:
  """Narrows the brackets by four thresholds a pass, until the counts are k.

  One group after the other, so that its keys stay in the cache. Thresholds
  are those of `_probes`; the first ones are a sample's where one is worth it.
  """
  start = jnp.stack(whole(groups, k, highest))
  if _probes.worth_a_sample(groups):
    first = _probes.sampled(groups, k)
  else:
    first = _inside(start)
  of_keys, of_places = (
    [functools.partial(count, keys) for keys in groups]
    for count in (_ordered.keys_reaching, _ordered.places_reaching)
  )
  size = jnp.asarray(sizes(groups))

  def search(g: Array, brackets: Array) -> Array:
    state, thresholds = _at(brackets, g, axis=1), _at(first, g)
    bracket = drawn_in(g, of_keys, state, thresholds)
    state = jnp.stack(into_ties(Bracket(*bracket), _at(size, g)))
    # A second loop, as under vmap one loop would count both all the time.
    bracket = drawn_in(g, of_places, state, _inside(state))
    return lax.dynamic_update_slice_in_dim(
      brackets, bracket, g, axis=1, allow_negative_indices=False
    )

  def drawn_in(
    g: Array,
    counters: Sequence[Callable[..., Array]],
    state: Array,
    thresholds: Array,
  ) -> Array:
    def body(state: tuple[Array, Array]) -> tuple[Array, Array]:
      b, thresholds = Bracket(*state[0]), state[1]
      # What differs from group to group is data, so that those of one shape
      # have the same kernels: they are compiled once.
      counts = _switch(g, counters, thresholds[0], b.tied[0])[None]
      # Stacked, as every field of the state would cost a kernel to compile.
      new = jnp.stack(narrowed(b, thresholds, counts))
      return new, _inside(new)

    return lax.while_loop(
      lambda state: Bracket(*state[0]).open[0], body, (state, thresholds)
    )[0]

  return Bracket(*lax.fori_loop(0, len(groups), search, start))


def _switch(
  g: Array, branches: Sequence[Callable[..., Array]], *args: Array
) -> Array:
  """Calls one of the branches, as `lax.switch`, by two switches.

  Each branch is passed what any branch of its switch reads: in one switch of n
  that is n^2 arrays to compile.
  """
  width = math.isqrt(len(branches) - 1) + 1
  parts = [
    functools.partial(lax.switch, g % width, branches[i : i + width])
    for i in range(0, len(branches), width)
  ]
  return lax.switch(g // width, parts, *args)


def _at(values: Array, g: Array, axis: int = 0) -> Array:
  return lax.dynamic_slice_in_dim(
    values, g, 1, axis, allow_negative_indices=False
  )


def _inside(state: Array) -> Array:
  b = Bracket(*state)
  return _probes.inside(b.low, b.high, b.at_low - b.k, b.k - b.at_high)


def narrowed(b: Bracket, thresholds: Array, counts: Array) -> Bracket:
  """Narrows `b` by thresholds [groups, T] and the counts that reach them.

  Groups that are done stay as they are.
  """
  before = b
  for t, count in zip(thresholds.T, counts.T, strict=True):
    enough = count >= b.k
    b = b._replace(
      low=jnp.where(enough, jnp.maximum(b.low, t), b.low),
      high=jnp.where(enough, b.high, jnp.minimum(b.high, t)),
      at_low=jnp.where(enough, jnp.minimum(b.at_low, count), b.at_low),
      at_high=jnp.where(enough, b.at_high, jnp.maximum(b.at_high, count)),
    )
  return _where(before.done, before, b)


def into_ties(b: Bracket, size: np.ndarray | Array) -> Bracket:
  """Switches `b` to position keys in groups with no key between the ends."""
  stuck = ~b.done
  none = b.k - b.k
  places = Bracket(
    low=none + (HIGHEST_KEY - size + np.uint32(1)),
    high=none + _NONE_REACH,
    at_low=b.at_low - b.at_high,
    at_high=none,
    k=b.k - b.at_high,
    tied=b.low,
  )
  return _where(stuck, places, b)


def _where(condition: Array, x: Bracket, y: Bracket) -> Bracket:
  pairs = zip(x, y, strict=True)
  return Bracket(*(jnp.where(condition, one, other) for one, other in pairs))
