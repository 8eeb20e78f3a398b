"""What numbers depend on besides configs: packages, the code, the machine."""

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
from jaxsparse.training.carry import usable_cores

_SECONDS = 10.0
# Linux alone has it; elsewhere Python knows.
_CPUS = pathlib.Path('/proc/cpuinfo')
_MODEL = re.compile(r'^model name\s*:(.*)$', re.MULTILINE)


@functools.cache
def made_with() -> dict[str, str]:
  """By name; what is asked first in a process is what it says to its end.

  `checkout` is what git calls the commit that the code is of, with '-dirty'
  where files differ from it; it is missing where the code is not in a checkout
  of its own. `cores` is there on CPU alone, `processor` where the system says
  which it is.
  """
  kinds = ', '.join(sorted({device.device_kind for device in jax.devices()}))
  found = {
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
    found['cores'] = str(usable_cores())
  if kind := _processor():
    found['processor'] = kind
  if commit := described(pathlib.Path(jaxsparse.__file__).parents[1]):
    found['checkout'] = commit
  return found


def _processor() -> str:
  """'Intel(R) Xeon(R) Processor', or ''."""
  if not _CPUS.exists():
    return platform.processor()
  found = _MODEL.search(_CPUS.read_text('utf-8', errors='replace'))
  return found[1].strip() if found else ''


def described(root: pathlib.Path) -> str:
  """What git calls the commit checked out in `root`; '' where it is none.

  Not that of a repository around it, in which it may be installed.
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
