"""The flags of programs that run on several devices, or as several processes.

`--distributed` makes a program one of several processes of the same command,
one a host as a rule. On Cloud TPU, GKE and under Slurm and Open MPI JAX finds
the others; elsewhere `--coordinator`, `--num_processes` and `--process_id` name
them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from absl import flags

from jaxsparse.errors import PEER_LOST

if TYPE_CHECKING:
  from jaxsparse.training.sharding import Devices

flags.disclaim_key_flags()


class DeviceFlags:
  """The flags, defined for the program that makes one of these."""

  def __init__(self) -> None:
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
      ' of a segment of steps, after which a process ends with exit code'
      f' {PEER_LOST}. 0 for no limit.',
    )

  @contextlib.contextmanager
  def connected(self) -> Iterator[Devices]:
    """Connects the processes, if there are several; yields the devices.

    Raises:
      ValueError: the flags do not agree, or the others are not there.
    """
    named = self._named()
    from jaxsparse.training import processes
    from jaxsparse.training.sharding import Devices

    if named is not None:
      processes.begin(*named, patience=self._patience.value)
    with processes.ending_together():
      yield Devices(
        self._data.value, self._model.value, self._shard_params.value
      )

  def _named(self) -> tuple[str | None, int | None, int | None] | None:
    """Returns coordinator, count and index; `None` for a single process."""
    named = self._coordinator.value, self._count.value, self._index.value
    are_set = [value is not None for value in named]
    if any(are_set) and not (all(are_set) and self._distributed.value):
      raise ValueError(
        '--coordinator, --num_processes and --process_id: accepted are all'
        ' three with --distributed, or none'
      )
    return named if self._distributed.value else None
