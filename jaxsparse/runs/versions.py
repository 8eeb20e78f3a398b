"""Versions of packages and code, and the machine, on which results depend."""

import functools
import pathlib
import platform
import re
import subprocess

import flax
import jax
import jaxlib
import numpy as np
import optax

import jaxsparse
from jaxsparse.core.cores import usable_cores

_SECONDS = 10.0
# Exists on Linux only; elsewhere Python knows the processor.
_CPUS = pathlib.Path('/proc/cpuinfo')
_MODEL = re.compile(r'^model name\s*:(.*)$', re.MULTILINE)


@functools.cache
def made_with() -> dict[str, str]:
  """Returns versions and machine by name, as first determined in the process.

  `checkout` is git's name of the commit of the code, with '-dirty' where files
  differ from it; it is missing where the code does not have its own checkout.
  `cores` is present on CPU only, `processor` where the system names it.
  """
  kinds = ', '.join(sorted({device.device_kind for device in jax.devices()}))
  versions = {
    'jaxsparse': jaxsparse.__version__,
    'jax': jax.__version__,
    'jaxlib': jaxlib.__version__,
    'flax': flax.__version__,
    'optax': optax.__version__,
    'numpy': np.__version__,
    'python': platform.python_version(),
    'device': f'{kinds} x {jax.device_count()}',
    'machine': platform.machine(),
  }
  if jax.default_backend() == 'cpu':
    versions['cores'] = str(usable_cores())
  if kind := _processor():
    versions['processor'] = kind
  if commit := described(pathlib.Path(jaxsparse.__file__).parents[1]):
    versions['checkout'] = commit
  return versions


def _processor() -> str:
  """Returns the processor, as 'Intel(R) Xeon(R) Processor', or ''."""
  if not _CPUS.exists():
    return platform.processor()
  model = _MODEL.search(_CPUS.read_text('utf-8', errors='replace'))
  return model[1].strip() if model else ''


def described(root: pathlib.Path) -> str:
  """Returns git's name of the commit checked out in `root`, or ''.

  A repository around `root`, in which it may be installed, does not count.
  """
  if not (root / '.git').exists():
    return ''
  # Without locks: somebody may be at work in the checkout.
  command = ('git', '--no-optional-locks', 'describe', '--always', '--dirty')
  try:
    done = subprocess.run(
      command, cwd=root, capture_output=True, text=True, timeout=_SECONDS
    )
  except (OSError, subprocess.TimeoutExpired):
    return ''
  return '' if done.returncode else done.stdout.strip()
