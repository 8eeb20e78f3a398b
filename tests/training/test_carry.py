"""Members carried in threads: same results, one compilation."""

import threading
import time

import jax
import jax.numpy as jnp
import pytest

from jaxsparse.training.carry import Threads


@pytest.mark.parametrize('threads', [1, 2, 3])
def test_results_keep_the_order_of_the_items(threads):
  def slow_first(i):
    time.sleep(0.02 * (4 - i))
    return i * i

  with Threads(threads) as carry:
    for _ in range(2):
      assert carry('squares', slow_first, range(5)) == [0, 1, 4, 9, 16]
    assert carry('squares', slow_first, []) == []


def test_threads_are_under_way_at_once_after_the_first_item():
  together = threading.Barrier(2, timeout=10)
  calls = []

  def meet(i):
    calls.append(i)
    if i:
      together.wait()

  with Threads(2) as carry:
    carry('meet', meet, [0, 1, 2])
  assert sorted(calls) == [0, 1, 2]


def test_one_compilation_whatever_the_threads():
  traces = []

  @jax.jit
  def program(x):
    traces.append(1)
    return jnp.sin(x) @ x.T

  xs = [jnp.full((40, 40), float(i)) for i in range(6)]
  with Threads(3) as carry:
    for _ in range(2):
      out = carry('program', program, xs)
  assert len(traces) == 1
  alone = [program(x) for x in xs]
  assert all((a == b).all() for a, b in zip(out, alone, strict=True))


def test_an_error_of_a_member_is_raised():
  def fails(i):
    if i == 3:
      raise RuntimeError('three')

  with Threads(2) as carry, pytest.raises(RuntimeError, match='three'):
    carry('fails', fails, range(5))


def test_no_threads_is_refused():
  with pytest.raises(ValueError, match='accepted is 1 or more'):
    Threads(0)
