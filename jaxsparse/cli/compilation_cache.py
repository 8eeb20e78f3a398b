"""JAX's persistent compilation cache, in the user's folder, for all programs.

A process reads what an earlier one compiled. JAX's key of an entry covers the
computation, jaxlib and XLA's flags, but not the processor and the cores for
which XLA:CPU compiles, so each kind of machine has a folder of its own.

JAX never replaces an entry that it cannot read, be it a part of one that a
full disk left, and warns of it in each process: here it is removed, and so
replaced. JAX's own limit on the size needs a lock, and reads the times of all
entries at each write: here the oldest are deleted as a program starts.
"""

import contextlib
import functools
import glob
import hashlib
import logging
import math
import os
import platform
import re
import stat
import warnings
from pathlib import Path
from typing import Any

from jaxsparse import user_cache
from jaxsparse.core.cores import usable_cores

OFF = 'off'
_MOST_BYTES = 2**30
_SHORTEST = 'jax_persistent_cache_min_compile_time_secs'
# Exists on Linux only; elsewhere Python knows the processor.
_CPUS = Path('/proc/cpuinfo')
# What XLA compiles for, in the words of x86 and of Arm.
_FEATURES = re.compile(
  r'^(?:vendor_id|cpu family|model|stepping|flags|Features|CPU \w+)\s*:.*$',
  re.MULTILINE,
)
_FAILURE = re.compile(
  r"Error (\w+) persistent compilation cache entry for '(.*?)': (.*)", re.DOTALL
)
_log = logging.getLogger(__name__)


def use(choice: str | None) -> None:
  """Has JAX read and keep what this process compiles.

  JAX's own setting, `JAX_COMPILATION_CACHE_DIR`, wins over the default, and
  what it names is left to JAX.

  Args:
    choice: a folder; 'off'; or `None` for `xla` in the user's cache folder.
  """
  import jax

  if choice == OFF:
    jax.config.update('jax_enable_compilation_cache', False)
  elif choice or not jax.config.jax_compilation_cache_dir:  # type: ignore[attr-defined]
    try:
      root = Path(choice).expanduser() if choice else user_cache.root() / 'xla'
      folder = root.absolute() / machine()
      folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
      _log.info('compiled programs are not kept: %s', error)
      return
    prune(root, _MOST_BYTES)
    jax.config.update('jax_compilation_cache_dir', str(folder))
    if _SHORTEST.upper() not in os.environ:
      jax.config.update(_SHORTEST, 0)
    warnings.showwarning = functools.partial(
      _show, folder, warnings.showwarning
    )


def machine() -> str:
  """Returns a name for the processor and the cores that are compiled for."""
  cpus = _CPUS.read_text('utf-8', 'replace') if _CPUS.exists() else ''
  first, _, _ = cpus.partition('\n\n')
  parts = (
    platform.machine(),
    platform.processor(),
    *_FEATURES.findall(first),
    f'{usable_cores()} of {os.cpu_count()} cores',
  )
  digest = hashlib.sha256('\n'.join(parts).encode()).hexdigest()
  return f'machine-{digest[:16]}'


def prune(root: Path, most: int) -> None:
  """Deletes the entries whose last use is oldest, beyond `most` bytes in all.

  Other processes may delete the same ones; and where the folder is read-only,
  all stay.
  """
  entries = []
  for path in root.glob('machine-*/**/*'):
    with contextlib.suppress(OSError):
      status = path.stat()
      if stat.S_ISDIR(status.st_mode):
        continue
      # Some file systems do not record when a file is read.
      used = max(status.st_atime, status.st_mtime)
      entries.append((used, status.st_size, path))
  excess = sum(size for _, size, _ in entries) - most
  for _, size, path in sorted(entries):
    if excess <= 0:
      return
    with contextlib.suppress(OSError):
      path.unlink()
    excess -= size


def _show(folder: Path, show: Any, message: Any, *rest: Any) -> None:
  """Shows a warning; one of an entry that failed also removes the entry.

  After an entry that could not be written no more are.
  """
  failure = _FAILURE.match(str(message))
  if not failure:
    show(message, *rest)
    return
  verb, name, reason = failure.groups()
  for path in folder.glob(f'{glob.escape(name)}-*'):
    with contextlib.suppress(OSError):
      path.unlink()
  if verb == 'reading':
    _log.info('%s is compiled again, its cache entry is damaged', name)
    _log.debug(reason)
    return
  import jax

  jax.config.update(_SHORTEST, math.inf)
  _log.info('compiled programs are not kept: %s', reason)
