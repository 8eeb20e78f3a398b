"""The flags of programs that run on several devices, or as several processes.

`--distributed` makes a program one of several processes of the same command,
one a host as a rule. On Cloud TPU, GKE and under Slurm and Open MPI JAX finds
the others; elsewhere `--coordinator`, `--num_processes` and `--process_id` name
them.

All processes execute `launch.train` alike. Other programs are led by the first
one: it alone executes them, and the others train the runs that it names
(`runs/followers.py`) and end with its exit code.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from absl import flags

from jaxsparse.cli import command
from jaxsparse.errors import PEER_LOST

if TYPE_CHECKING:
  from jaxsparse.training.sharding import Devices

flags.disclaim_key_flags()


class ProcessFlags:
  """The flags of processes, defined for the program that makes one of these."""

  def __init__(self) -> None:
    define = flags.DEFINE_integer
    self._distributed = flags.DEFINE_bool(
      'distributed', False, 'Be one of several processes of this command.'
    )
    self._coordinator = flags.DEFINE_string(
      'coordinator', None, 'HOST:PORT of process 0, where JAX cannot find it.'
    )
    self._count = define('num_processes', None, 'How many there are.')
    self._index = define('process_id', None, 'The number of this one, from 0.')
    self._patience = flags.DEFINE_float(
      'hang_timeout',
      600.0,
      'Seconds to wait for the other processes to start; and without the end'
      ' of a segment of steps (of the first one, which compiles, three times'
      f' as many), after which a process ends with exit code {PEER_LOST}. 0 for'
      ' no limit.',
    )

  def devices(self) -> Devices:
    """Returns the devices that a run is divided over."""
    from jaxsparse.training.sharding import DEFAULT

    return DEFAULT

  def led(self, main: Callable[..., None]) -> Callable[..., None]:
    """Returns a program that the first of several processes leads."""

    @functools.wraps(main)
    def start(*words: str) -> None:
      if self._named() is None:
        main(*words)
        return
      with self.connected():
        from jaxsparse.runs import followers
        from jaxsparse.training import processes

        if not processes.several():
          main(*words)
          return
        if processes.is_first():
          code = _lead(lambda: main(*words))
        else:
          code = followers.follow(self.devices(), command.interrupted)
      sys.exit(code)

    return start

  @contextlib.contextmanager
  def connected(self) -> Iterator[None]:
    """Connects the processes, if there are several.

    Raises:
      ValueError: the flags do not agree, or the others are not there.
    """
    named, patience = self._named(), self._patience.value
    if named is None:
      yield
      return
    from jaxsparse.training import peers, processes

    processes.begin(*named, patience=patience)
    with processes.ending_together(), peers.connected(patience, _stop):
      yield

  def _named(self) -> tuple[str | None, int | None, int | None] | None:
    """Returns coordinator, count and index; `None` for a single process."""
    named = self._coordinator.value, self._count.value, self._index.value
    are_set = [value is not None for value in named]
    if any(are_set) and not (all(are_set) and self._distributed.value):
      raise ValueError(
        '--coordinator, --num_processes and --process_id: accepted are all'
        ' three with --distributed, or none'
      )
    if self._patience.present and not self._distributed.value:
      raise ValueError('--hang_timeout: accepted with --distributed alone')
    return named if self._distributed.value else None


class DeviceFlags(ProcessFlags):
  """Those and the flags of devices, of programs that train."""

  def __init__(self) -> None:
    super().__init__()
    define = flags.DEFINE_integer
    self._data = define(
      'data_parallel',
      None,
      'Devices that a batch is divided over; by default all but on CPU, where'
      ' it is one unless there are several processes.',
    )
    self._model = define(
      'model_parallel', 1, 'Devices that a kernel is divided over.'
    )
    self._shard_params = flags.DEFINE_bool(
      'shard_params', False, 'Divide weights, masks and statistics, too.'
    )

  def devices(self) -> Devices:
    """Returns the devices that the flags name."""
    from jaxsparse.training.sharding import Devices

    return Devices(
      self._data.value, self._model.value, self._shard_params.value
    )


def _stop() -> None:
  """Stops the program as a signal to this process does."""
  if not command.interrupted():  # A second signal would end it at once.
    main_thread = threading.main_thread().ident
    signal.pthread_kill(int(main_thread or 0), signal.SIGTERM)


def _lead(main: Callable[[], None]) -> int:
  """Runs a program in this process alone; the others end with its exit code."""
  from jaxsparse.training import peers, processes

  code = command.UNEXPECTED
  try:
    with processes.acting(alone=True):
      code = command.guarded(main)
  except SystemExit as ended:  # By a second signal.
    code = ended.code if isinstance(ended.code, int) else code
  except BrokenPipeError:
    pass  # Nobody reads the output: `command.run` is silent, too.
  except Exception:  # The others would be aborted if this process left.
    traceback.print_exc()
  finally:
    peers.send({'code': code})
  return code
