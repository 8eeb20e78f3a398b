"""Programs that are compiled before they are called."""

import threading
from concurrent import futures

import jax
import numpy as np
import pytest
from jax.sharding import SingleDeviceSharding

from jaxsparse.training import ahead


@pytest.fixture
def one_thread():
  with futures.ThreadPoolExecutor(1) as pool:
    yield pool


def counted(traces):
  def fn(state, x):
    traces.append(threading.current_thread())
    return state + x

  return ahead.Program(fn, donate_argnums=0)


@pytest.mark.parametrize('committed', [True, False])
def test_a_call_takes_the_program_of_a_thread(one_thread, committed):
  device = SingleDeviceSharding(jax.local_devices()[0])
  traces = []
  program = counted(traces)
  state = jax.device_put(np.ones(3, np.float32), device if committed else None)
  abstract = jax.ShapeDtypeStruct(
    (3,), np.float32, sharding=device if committed else None
  )
  program.ahead(one_thread, abstract, np.float32(2))
  one_thread.shutdown()
  events = []

  def listen(name, *_, **__):
    events.append(name)

  jax.monitoring.register_event_duration_secs_listener(listen)
  np.testing.assert_array_equal(program(state, np.float32(2)), [3, 3, 3])
  jax.monitoring.unregister_event_duration_listener(listen)
  assert not any('compile' in name for name in events)
  assert len(traces) == 1
  assert traces != [threading.current_thread()]
  assert state.is_deleted()  # Donated.


def test_what_no_thread_has_begun_is_compiled_by_the_call():
  busy = threading.Event()
  traces = []
  program = counted(traces)
  with futures.ThreadPoolExecutor(1) as pool:
    pool.submit(busy.wait)
    program.ahead(pool, jax.numpy.zeros(3), np.float32(2))
    program(jax.numpy.zeros(3), np.float32(2))
    busy.set()
  assert traces == [threading.current_thread()]


def test_nothing_is_begun_once_the_threads_are_given_up():
  traces = []
  with ahead.threads() as threads:
    for size in range(1, 200):
      counted(traces).ahead(threads, np.zeros(size), np.float32(2))
  assert len(traces) < 199


def test_an_error_in_a_thread_is_raised_by_the_call():
  def fn(x):
    raise ValueError(f'shape {x.shape}')

  program = ahead.Program(fn)
  with ahead.threads() as threads:
    program.ahead(threads, np.zeros(2))
    with pytest.raises(ValueError, match=r'shape \(2,\)'):
      program(np.zeros(2))


def test_types_are_compiled_once(one_thread):
  traces = []
  program = counted(traces)
  for _ in range(2):
    program.ahead(one_thread, np.zeros(3), np.float32(1))
  program.ahead(one_thread, np.zeros(4), np.float32(1))
  one_thread.shutdown()
  assert len(traces) == 2
