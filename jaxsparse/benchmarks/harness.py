"""Interleaved timing of two variants in one process.

Absolute times differ from machine to machine, and from minute to minute. The
result is a ratio of medians over rounds in which every variant runs once, in
shuffled order. A twin of the contender, built separately, runs in the same
rounds: its ratio to the contender (A/A) is the noise floor, and ratios within
it are noise.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

Thunk = Callable[[], object]


class Comparison(NamedTuple):
  """Two implementations to compare.

  Attributes:
    name: of the comparison.
    base: the baseline; like all three, it blocks until done.
    contender: ours.
    twin: ours again, built separately.
    aim: for the ratio: a cost (contender / base) of at most this, or a speedup
      (base / contender) of at least this; `None` if there is none.
    speedup: whether the ratio is a speedup, not a cost.
    rounds: number of timed runs of each.
  """

  name: str
  base: Thunk
  contender: Thunk
  twin: Thunk
  aim: float | None
  speedup: bool
  rounds: int = 21


class BenchmarkResult(NamedTuple):
  """A measured comparison; times are medians in milliseconds."""

  name: str
  base_ms: float
  contender_ms: float
  ratio: float
  noise: float
  aim: float | None
  speedup: bool

  @property
  def verdict(self) -> str:
    """'met', 'missed', 'within noise' of the aim, or '' without an aim."""
    if self.aim is None:
      return ''
    good = self.ratio >= self.aim if self.speedup else self.ratio <= self.aim
    if good:
      return 'met'
    slack = self.aim / self.noise if self.speedup else self.aim * self.noise
    close = self.ratio >= slack if self.speedup else self.ratio <= slack
    return 'within noise' if close else 'missed'


def measure(
  comparison: Comparison, rounds: int | None = None
) -> BenchmarkResult:
  """Runs a comparison.

  Args:
    comparison: what to run.
    rounds: overrides the number of rounds of the comparison.
  """
  seconds = interleave(
    {
      'base': comparison.base,
      'contender': comparison.contender,
      'twin': comparison.twin,
    },
    rounds or comparison.rounds,
  )
  base, contender, twin = (
    statistics.median(seconds[n]) for n in ('base', 'contender', 'twin')
  )
  ratio = base / contender if comparison.speedup else contender / base
  return BenchmarkResult(
    comparison.name,
    1e3 * base,
    1e3 * contender,
    ratio,
    max(twin / contender, contender / twin),
    comparison.aim,
    comparison.speedup,
  )


def interleave(
  variants: Mapping[str, Thunk], rounds: int, *, seed: int = 0
) -> dict[str, list[float]]:
  """Times variants in seconds, one value per round, after a warm-up round."""
  order = list(variants)
  shuffle = random.Random(seed).shuffle
  seconds: dict[str, list[float]] = {name: [] for name in variants}
  for name in order:
    variants[name]()
  for _ in range(rounds):
    shuffle(order)
    for name in order:
      began = time.perf_counter()
      variants[name]()
      seconds[name].append(time.perf_counter() - began)
  return seconds


def table(results: list[BenchmarkResult]) -> str:
  """Formats results as a Markdown table."""
  lines = [
    '| what | base ms | ours ms | ratio | A/A | aim | |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
  ]
  for r in results:
    kind = 'faster' if r.speedup else 'the cost'
    sign = '≥' if r.speedup else '≤'
    aim = '' if r.aim is None else f'{sign} {r.aim:g}x'
    lines.append(
      f'| {r.name} | {r.base_ms:.3g} | {r.contender_ms:.3g} |'
      f' {r.ratio:.3g}x {kind} | {r.noise:.3f} | {aim} | {r.verdict} |'
    )
  return '\n'.join(lines)
