"""Memory of programs, as the table says it."""

import jax
import jax.numpy as jnp

from jaxsparse.benchmarks import harness

MIB = 2**20


def compiled(fn, *shapes):
  arguments = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
  return jax.jit(fn).lower(*arguments).compile()


def test_memory_is_what_goes_in_comes_out_and_lies_in_between():
  quarter = (MIB // 4,)  # 1 MiB.
  assert harness.memory(compiled(lambda x: x + 1, quarter)) == 2 * MIB

  def squared(x, y):
    return jnp.sum(jnp.sort(x) * y[::-1])

  size = harness.memory(compiled(squared, quarter, quarter))
  assert 3 * MIB <= size <= 4 * MIB + 1024


def test_a_row_has_the_ratio_of_two_memories_and_whether_it_meets_the_aim():
  one, two = (compiled(lambda *xs: sum(xs), *[(MIB // 4,)] * n) for n in (1, 3))
  rows = [
    harness.row(harness.measure(harness.MemoryComparison('sum', one, two, aim)))
    for aim in (2.0, 1.9, None)
  ]
  start = '| sum | 2 MiB | 4 MiB | 2x the cost | 1.000 |'
  assert rows == [
    f'{start} ≤ 2x | met |',
    f'{start} ≤ 1.9x | missed |',
    f'{start}  |  |',
  ]
