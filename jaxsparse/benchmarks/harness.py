"""Interleaved timing of two variants in one process, and memory of programs.

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
from typing import Any, NamedTuple

import jax

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


class MemoryComparison(NamedTuple):
  """Two programs whose memory is compared.

  Attributes:
    name: of the comparison.
    base: the baseline, compiled.
    contender: ours, likewise.
    aim: for contender / base, at most this; `None` if there is none.
  """

  name: str
  base: jax.stages.Compiled
  contender: jax.stages.Compiled
  aim: float | None


class BenchmarkResult(NamedTuple):
  """A measured comparison.

  Times are medians in milliseconds, memory is in MiB.
  """

  name: str
  base: float
  contender: float
  ratio: float
  noise: float
  aim: float | None
  speedup: bool
  unit: str = ' ms'

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
  comparison: Comparison | MemoryComparison, rounds: int | None = None
) -> BenchmarkResult:
  """Runs a comparison.

  Args:
    comparison: what to run; programs whose memory is compared do not run.
    rounds: overrides the number of rounds of the comparison.
  """
  if isinstance(comparison, MemoryComparison):
    return _memory(comparison)
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


def _memory(comparison: MemoryComparison) -> BenchmarkResult:
  base, contender = map(memory, (comparison.base, comparison.contender))
  return BenchmarkResult(
    comparison.name,
    base / 2**20,
    contender / 2**20,
    contender / base,
    noise=1.0,
    aim=comparison.aim,
    speedup=False,
    unit=' MiB',
  )


def memory(program: jax.stages.Compiled) -> int:
  """Returns the bytes that a program holds while it runs.

  Its arguments, its results, and the one buffer that XLA plans for all that is
  in between. What a kernel allocates by itself, say to pack a matrix, is not
  among them.
  """
  sizes: Any = program.memory_analysis()
  return (
    sizes.argument_size_in_bytes
    + sizes.output_size_in_bytes
    + sizes.temp_size_in_bytes
    - sizes.alias_size_in_bytes
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


HEADER = """\
| what | base | ours | ratio | A/A | aim | |
| --- | ---: | ---: | ---: | ---: | ---: | --- |"""


def row(result: BenchmarkResult) -> str:
  """Formats a result as a row of a Markdown table under `HEADER`."""
  kind = 'faster' if result.speedup else 'the cost'
  sign = '≥' if result.speedup else '≤'
  aim = '' if result.aim is None else f'{sign} {result.aim:g}x'
  base, contender = (
    f'{x:.3g}{result.unit}' for x in (result.base, result.contender)
  )
  return (
    f'| {result.name} | {base} | {contender} | {result.ratio:.3g}x {kind} |'
    f' {result.noise:.3f} | {aim} | {result.verdict} |'
  )
